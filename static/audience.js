// The count beside the form of an audience, while it is being ticked. Without this script the button does it.
'use strict';
for (const form of document.querySelectorAll('form[data-count]')) {
  const said = form.querySelector('[data-count-said]');
  let running = null;
  let timer = 0;
  const count = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(form.dataset.count, {
        method: 'POST',
        body: new URLSearchParams(new FormData(form)),
        signal: running.signal,
      });
      if (answer.ok) said.textContent = (await answer.json()).said;
    } catch (problem) {
      if (problem.name !== 'AbortError') said.textContent = said.dataset.away ?? said.textContent;
    }
  };
  form.addEventListener('input', (event) => {
    if (event.target.name === 'name') return;
    clearTimeout(timer);
    timer = setTimeout(count, 300);
  });
}
