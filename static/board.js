// The scorer's board, the page's half: it looks again every ten seconds while nobody is typing, and a stopwatch for the hall.
const REST = 10_000;
const board = document.querySelector('[data-lines]');

async function look() {
  const isTyping = document.activeElement?.matches('input, textarea, select') || document.querySelector('details[open]');
  if (!document.hidden && !isTyping) {
    try {
      // After a form with mistakes this page stands at the address that the form was sent to.
      const answer = await fetch(location.pathname.replace(/\/hall$/, ''), { credentials: 'same-origin', signal: AbortSignal.timeout(8000) });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        for (const name of ['[data-lines]', '[data-board]']) {
          const [here, there] = [document.querySelector(name), page.querySelector(name)];
          if (here && there && here.innerHTML !== there.innerHTML) here.replaceChildren(...there.childNodes);
        }
      }
    } catch { /* the next look tries again */ }
  }
  setTimeout(look, REST);
}
if (board) setTimeout(look, REST);

for (const button of document.querySelectorAll('[data-watch]')) {
  const field = document.getElementById(button.dataset.watch);
  const label = button.textContent;
  let began = 0;
  let timer = 0;
  const show = () => {
    const seconds = Math.round((performance.now() - began) / 1000);
    field.value = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    if (timer) {
      clearInterval(timer);
      timer = 0;
      show();
      button.textContent = label;
    } else {
      began = performance.now();
      timer = setInterval(show, 500);
      button.textContent = button.dataset.stop;
    }
  });
}
