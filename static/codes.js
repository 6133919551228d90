// The code on a screen in the room: brings the next one in time, without the page blinking, and keeps the screen on.
// Without this file the page loads itself anew each time.

const place = () => document.querySelector('#onsite');

async function next() {
  let left = 5;
  try {
    const answer = await fetch(location.href, { cache: 'no-store', credentials: 'same-origin' });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('#onsite');
    if (!answer.ok || !fresh) throw new Error(String(answer.status));
    place().replaceWith(document.importNode(fresh, true));
    left = Number(place().dataset.left) || left;
  } catch {
    // Out of reach or signed out: the page itself says which.
    if (navigator.onLine !== false) location.reload();
  }
  setTimeout(next, left * 1000 + 150);
}

setTimeout(next, (Number(place().dataset.left) || 5) * 1000 + 150);

// Not every browser can, and some refuse: the screen then goes dark as it always does.
const awake = () => { if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => {}); };
awake();
document.addEventListener('visibilitychange', awake);
