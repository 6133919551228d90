// The screen of a school. It plays what the schedule says when the schedule says it, shows what comes next in between, and
// goes on from what it has kept while the network is away. Nobody presses anything for days.
const body = document.body;
const { code, build, worker } = body.dataset;
const root = `/broadcast/kiosk/${code}`;
const find = (what) => document.querySelector(what);
const words = find('[data-words]').dataset;
const video = find('video');
const fill = (text, ...values) => values.reduce((out, value) => out.replace('{}', value), text);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The longest pause between two questions while nothing answers. */
const LONGEST = 10 * MINUTE;
/** A picture that stands still for so long is begun anew, and after so many times the page. */
const STILL_MS = 10_000;
const TRIES = 3;

const state = { shows: [], offset: 0, every: 3 * MINUTE, failures: 0, playing: null, done: new Set(), kept: new Set(), absent: 0, isGone: false, isOffline: false, canKeep: null };
const now = () => Date.now() + state.offset;

const two = (n) => String(n).padStart(2, '0');
/** The clock of the city: its offset never changes. */
const local = (at) => new Date(at + 8 * 60 * MINUTE);
const hour = (at) => `${two(local(at).getUTCHours())}:${two(local(at).getUTCMinutes())}`;
const day = (at) => Math.floor((at + 8 * 60 * MINUTE) / DAY);
function when(at) {
  const ahead = day(at) - day(now());
  if (ahead === 0) return fill(words.today, hour(at));
  if (ahead === 1) return fill(words.tomorrow, hour(at));
  return `${two(local(at).getUTCMonth() + 1)}-${two(local(at).getUTCDate())} ${hour(at)}`;
}

function say(text) {
  const line = find('[data-say]');
  line.textContent = text;
  line.hidden = !text;
}

/** What is to be played now: it has begun, and its recording has not run out. */
const current = () => state.shows.find((show) => show.starts <= now() && now() < show.starts + show.duration_ms && !state.done.has(show.id));

function drawIdle() {
  const next = state.shows.find((show) => show.starts > now());
  find('[data-next-word]').hidden = !next;
  find('[data-next]').textContent = next ? next.title : words.none;
  find('[data-next-by]').textContent = next?.by ?? '';
  find('[data-next-when]').textContent = next ? when(next.starts) : '';
  const later = state.shows.filter((show) => show.starts > now()).slice(1, 6);
  find('[data-list]').replaceChildren(...later.map((show) => {
    const [line, at] = [document.createElement('li'), document.createElement('b')];
    at.textContent = when(show.starts);
    line.append(at, show.title);
    return line;
  }));
}

function explain() {
  if (state.isGone) return say('');
  if (state.isOffline && state.playing && !state.kept.has(state.playing.src) && video.readyState < 3) return say(words.waiting);
  if (state.isOffline) return say(words.offline);
  // Unknown until the worker is there, or not.
  return say(state.canKeep === false ? words.unkept : '');
}

async function start(show) {
  state.playing = { ...show, at: -1, moved: performance.now(), tries: 0 };
  body.classList.add('is-playing');
  video.hidden = false;
  load();
}

/** Begins the recording at the place where it would be by now. */
async function load() {
  const show = state.playing;
  if (!show) return;
  video.src = show.src;
  video.currentTime = Math.max(0, (now() - show.starts) / 1000);
  try {
    await video.play();
  } catch (problem) {
    // A browser that was just opened plays without sound until somebody presses something.
    if (problem.name !== 'NotAllowedError') return;
    video.muted = true;
    find('[data-do=sound]').hidden = false;
    await video.play().catch(() => {});
  }
}

function stop(isPlayed) {
  const show = state.playing;
  if (!show) return;
  state.playing = null;
  state.done.add(show.id);
  body.classList.remove('is-playing');
  video.pause();
  video.removeAttribute('src');
  video.load();
  video.hidden = true;
  if (isPlayed) {
    fetch(`${root}/played`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ screening: show.id }) }).catch(() => {});
  }
  drawIdle();
}
video.addEventListener('ended', () => stop(true));

/** A picture that does not move although it should: begun anew, then the page itself. */
function watch() {
  const show = state.playing;
  if (!show) return;
  const at = video.currentTime;
  if (at !== show.at) {
    Object.assign(show, { at, moved: performance.now() });
    return;
  }
  if (performance.now() - show.moved < STILL_MS) return;
  show.moved = performance.now();
  show.tries += 1;
  if (show.tries <= TRIES || state.isOffline) return void load();
  // The page anew, twice; what does not play then is passed by.
  const name = `kiosk-anew-${show.id}`;
  const anew = Number(sessionStorage.getItem(name));
  if (anew >= 2) return stop(false);
  sessionStorage.setItem(name, String(anew + 1));
  location.reload();
}

/** Asks for the schedule; what is kept answers where the network does not. */
async function ask() {
  clearTimeout(state.timer);
  try {
    const sent = Date.now();
    const answer = await fetch(`${root}/schedule.json`, { cache: 'no-store' });
    if (answer.status === 404) {
      // Said twice: a server in front that knows nothing for a moment ends no screen.
      state.absent += 1;
      if (state.absent > 1) return gone();
      throw new Error('404');
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    state.absent = 0;
    const isKept = answer.headers.get('x-kept') === '1';
    if (!isKept) {
      // Half of the way there and back.
      state.offset = told.now - (sent + Date.now()) / 2;
      localStorage.setItem(`kiosk-offset-${code}`, String(state.offset));
      state.every = told.every_s * 1000;
    }
    state.shows = told.shows;
    state.isOffline = isKept;
    state.failures = isKept ? state.failures + 1 : 0;
    if (!isKept && told.build !== build && !state.playing) return location.reload();
    hold();
  } catch {
    state.isOffline = true;
    state.failures += 1;
  }
  // Not all screens of a city at once.
  const pause = Math.min(state.failures ? 10_000 * 2 ** Math.min(state.failures, 6) : state.every, LONGEST);
  state.timer = setTimeout(ask, pause * (0.8 + 0.4 * Math.random()));
  settle();
}

function gone() {
  state.isGone = true;
  state.shows = [];
  stop(false);
  drawIdle();
  find('[data-next]').textContent = words.gone;
  say('');
  navigator.serviceWorker?.controller?.postMessage({ forget: true });
}

/** Has the recordings of the next day kept, what comes first first. */
function hold() {
  const soon = state.shows.filter((show) => show.starts < now() + DAY || show === state.shows.find((one) => one.starts > now()));
  const addresses = [...new Set(soon.map((show) => show.src))];
  navigator.serviceWorker?.controller?.postMessage({ keep: addresses });
}

/** What the moment asks for: another showing, the end of this one, the next one's name. */
function settle() {
  if (state.isGone) return;
  const due = current();
  const show = state.playing;
  if (show) {
    const isPlanned = state.shows.some((one) => one.id === show.id);
    // Cancelled meanwhile; or its time is over by far.
    if (!isPlanned || now() > show.ends + MINUTE) stop(false);
    else if (due && due.id !== show.id && due.starts > show.starts) stop(true);
  }
  if (!state.playing && due) start(due);
  if (!state.playing) drawIdle();
  explain();
}

let before = Date.now();
function tick() {
  const at = Date.now();
  // A machine that slept, or whose clock was set: everything is looked at again.
  if (Math.abs(at - before) > 30_000) ask();
  before = at;
  find('[data-clock]').textContent = hour(now());
  settle();
  watch();
}

async function stayAwake() {
  try {
    if (document.visibilityState === 'visible') await navigator.wakeLock?.request('screen');
  } catch {
    // Where it may not, the machine's own settings decide.
  }
}

find('[data-do=full]').addEventListener('click', () => document.documentElement.requestFullscreen?.().catch(() => {}));
find('[data-do=sound]').addEventListener('click', (event) => {
  video.muted = false;
  event.currentTarget.hidden = true;
});
// Tools are there for whoever touches the mouse, and gone after a while.
let rest;
for (const move of ['mousemove', 'touchstart', 'keydown']) {
  addEventListener(move, () => {
    body.classList.remove('is-still');
    clearTimeout(rest);
    rest = setTimeout(() => body.classList.add('is-still'), 6000);
  });
}
addEventListener('online', ask);
addEventListener('pageshow', ask);
document.addEventListener('visibilitychange', () => {
  stayAwake();
  if (document.visibilityState === 'visible') ask();
});

async function keepHouse() {
  if (!('serviceWorker' in navigator)) {
    state.canKeep = false;
    return;
  }
  navigator.serviceWorker.addEventListener('message', (event) => {
    state.kept = new Set(event.data?.kept ?? []);
    body.dataset.kept = String(state.kept.size);
    explain();
  });
  try {
    await navigator.serviceWorker.register(worker, { scope: root });
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
    }
    const statics = [...document.querySelectorAll('link[href], script[src], img[src]')].map((one) => new URL(one.href || one.src).pathname);
    navigator.serviceWorker.controller.postMessage({ statics: [...new Set(statics)] });
    await navigator.storage?.persist?.();
    state.canKeep = true;
    // Through the worker this time, which keeps the answer.
    ask();
  } catch {
    state.canKeep = false;
  }
}

state.offset = Number(localStorage.getItem(`kiosk-offset-${code}`)) || 0;
keepHouse();
stayAwake();
setInterval(tick, 1000);
ask();
tick();
