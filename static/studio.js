// The desks of instructors and reviewers: moments that jump, remarks at the second that is playing, and how far the work on
// a recording is. Without this file pages are loaded again, and times are typed.

const video = document.querySelector('video');
const written = (seconds) => {
  const whole = Math.floor(seconds || 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};

if (video) {
  for (const link of document.querySelectorAll('[data-seek]')) {
    link.addEventListener('click', () => {
      video.currentTime = Number(link.dataset.seek) / 1000;
      video.play().catch(() => { /* the browser wants a tap first: the position is set all the same */ });
    });
  }
  const form = document.querySelector('[data-remarks]');
  const pin = form?.querySelector('[data-pin]');
  if (pin) {
    pin.hidden = false;
    pin.addEventListener('click', () => {
      const rows = [...form.querySelectorAll('.remarkrow')];
      const isFree = (row) => [...row.querySelectorAll('input')].every((input) => input.value === '');
      let row = rows.find(isFree);
      if (!row) {
        row = rows.at(-1).cloneNode(true);
        const number = rows.length + 1;
        for (const input of row.querySelectorAll('input')) {
          input.value = '';
          input.id = `r-${input.name}-${number}`;
          input.previousElementSibling.htmlFor = input.id;
        }
        rows.at(-1).after(row);
      }
      const [at, text] = row.querySelectorAll('input');
      at.value = written(video.currentTime);
      video.pause();
      text.focus();
    });
  }
}

const list = document.querySelector('[data-recordings]');
const isOpen = (state) => state === 'waiting' || state === 'working';
if (list && [...list.children].some((one) => isOpen(one.dataset.state))) {
  const look = async () => {
    let told;
    try {
      const answer = await fetch(list.dataset.progress, { headers: { accept: 'application/json' }, redirect: 'error' });
      if (!answer.ok) return;
      told = await answer.json();
    } catch {
      // The line is down: the next look tells.
      setTimeout(look, 10_000);
      return;
    }
    for (const one of told) {
      const item = list.querySelector(`[data-recording="${one.id}"]`);
      // What has begun or ended changes the whole page: what is missing, what may be done.
      if (!item || isOpen(item.dataset.state) !== isOpen(one.state)) {
        // Never over what somebody is typing or sending.
        if (!document.querySelector('[data-sending]') && !document.activeElement?.matches('input, textarea, select')) location.reload();
        continue;
      }
      if (!isOpen(one.state)) continue;
      item.querySelector('progress').value = one.progress;
      item.querySelector('[data-percent]').textContent = `${Math.floor(one.progress / 10)}%`;
      if (one.step) item.querySelector('[data-step]').textContent = one.step;
    }
    setTimeout(look, 3_000);
  };
  setTimeout(look, 2_000);
}
