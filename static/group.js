// The screen of a group viewing: the browser's own player, and which parts of the lecture it has played, sent to the server,
// which alone decides what counts. Forms marked data-stay are sent without leaving the page, so that the film goes on while
// late-comers are signed in. Without this file two forms, start and finish, do the same.
// All words come from the page. Times are in ms of the lecture unless a name says seconds.

const figure = document.querySelector('#group');
const video = figure.querySelector('video');
const words = figure.querySelector('[data-words]').dataset;
const line = document.querySelector('[data-credit]');
const bar = document.querySelector('#screen progress');
const trouble = document.querySelector('[data-trouble]');
const base = `/viewings/${figure.dataset.event}`;
const RANGES = 150;
const KEPT = 200;

const fill = (text, ...values) => values.reduce((out, value) => out.replace('{}', value), text);
function length(s) {
  const [m, rest] = [Math.floor(s / 60), Math.floor(s % 60)];
  if (m === 0) return fill(words.s, rest);
  return rest === 0 ? fill(words.m, m) : fill(words.ms, m, rest);
}
function say(text) {
  trouble.hidden = !text;
  trouble.textContent = text;
}
function credit({ credited_s, length_s }) {
  if (credited_s === undefined) return;
  const whole = length_s || Number(figure.dataset.duration);
  line.textContent = fill(words.credited, length(credited_s), length(whole));
  bar.value = credited_s;
}

async function post(path, body) {
  const answer = await fetch(base + path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), credentials: 'same-origin', keepalive: true,
  });
  if (answer.ok) return answer.json();
  const text = await answer.text();
  const why = new DOMParser().parseFromString(text, 'text/html').querySelector('main h1 + p, main p');
  throw Object.assign(new Error(path), { status: answer.status, why: why?.textContent || '' });
}

let play = null;   // as the server named it
let seq = 0;
let beats = [];    // not acknowledged, in order
let ranges = [];   // played and not yet in a beat
let here = null;   // where playing was last seen
let isBusy = false;
let failures = 0;
let retry = 0;

// ---- what was played ----

function set() {
  here = video.paused || video.seeking ? null : { at: video.currentTime * 1000, when: performance.now(), rate: video.playbackRate };
}
function look() {
  if (!here || video.seeking) return;
  const now = { at: video.currentTime * 1000, when: performance.now(), rate: video.playbackRate };
  const moved = now.at - here.at;
  const most = 1.5 * Math.max(here.rate, now.rate) * (now.when - here.when) + 250;
  if (moved > 0 && moved <= most) {
    const last = ranges[ranges.length - 1];
    if (last && Math.abs(last[1] - here.at) < 2) last[1] = Math.round(now.at);
    else ranges.push([Math.round(here.at), Math.round(now.at)]);
  }
  here = now;
}

// ---- beats ----

function pack() {
  while (play && ranges.length) {
    seq += 1;
    beats.push({ play, seq, segs: ranges.splice(0, RANGES), at_ms: Math.round(video.currentTime * 1000) });
  }
  // Out of reach for very long: the oldest two become one. Seconds are a set, so nothing is counted twice.
  while (beats.length > KEPT) {
    const [one, two] = beats.splice(0, 2);
    beats.unshift({ ...two, segs: [...one.segs, ...two.segs].slice(-RANGES) });
  }
}
function later() {
  failures += 1;
  clearTimeout(retry);
  retry = setTimeout(send, Math.min(60, 2 ** failures) * 1000);
}
async function send() {
  if (isBusy) return;
  isBusy = true;
  try {
    if (!play && !video.paused) await open();
    pack();
    while (play && beats.length) {
      const first = beats[0];
      const answer = await post('/beat', first);
      failures = 0;
      say('');
      const gone = beats.filter((one) => one.seq <= Math.max(answer.ack, first.seq));
      beats = beats.filter((one) => !gone.includes(one));
      credit(answer);
      if (answer.state === 'taken_over') {
        forget();
        video.pause();
        say(words.taken);
      } else if (answer.state === 'ended') {
        ranges = [...gone, ...beats].flatMap((one) => one.segs).concat(ranges);
        forget();
        if (video.paused) break;
        await open();
        pack();
      }
    }
  } catch (error) {
    if (error.status === 401) say(words.signin);
    else if (error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429) {
      video.pause();
      say(words.refused + error.why);
      forget();
    } else {
      say(words.late);
      later();
    }
  } finally {
    isBusy = false;
  }
}
function forget() {
  play = null;
  seq = 0;
  beats = [];
}
let isFirst = true;
async function open() {
  const answer = await post('/play', {});
  play = answer.play;
  seq = 0;
  credit(answer);
  const resume = answer.resume_ms / 1000;
  if (isFirst && resume > 5 && video.currentTime < 2 && resume < answer.length_s - 5) video.currentTime = resume;
  isFirst = false;
}

video.addEventListener('play', () => { set(); send(); });
video.addEventListener('playing', () => { look(); set(); });
video.addEventListener('timeupdate', () => { if (here) look(); else set(); });
video.addEventListener('ratechange', () => { look(); set(); });
video.addEventListener('seeking', () => { here = null; });
video.addEventListener('seeked', set);
for (const end of ['pause', 'ended']) {
  video.addEventListener(end, () => {
    look();
    here = null;
    if (failures === 0) send();
  });
}
setInterval(() => {
  look();
  if (failures === 0 && (!video.paused || beats.length)) send();
}, 15_000);
addEventListener('online', () => { failures = 0; send(); });
addEventListener('pagehide', () => {
  look();
  pack();
  if (beats.length) navigator.sendBeacon?.(`${base}/beat`, new Blob([JSON.stringify(beats[0])], { type: 'application/json' }));
});
// Leaving while something waits loses it.
addEventListener('beforeunload', (event) => { if (beats.length && failures > 0) event.preventDefault(); });

// ---- signing people in while the film goes on ----

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-stay]')) return;
  event.preventDefault();
  // What was played until now belongs to those who sit there already.
  look();
  await send();
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), credentials: 'same-origin' });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const people = fresh.querySelector('#people');
    if (!people) throw Object.assign(new Error('sign'), { why: fresh.querySelector('main p')?.textContent || '' });
    document.querySelector('#people').replaceWith(document.importNode(people, true));
    if (!fresh.querySelector('[data-nobody]')) document.querySelector('[data-nobody]')?.remove();
    document.querySelector('#people .field--bad input, #people h2 + ul, #people h2')?.scrollIntoView({ block: 'nearest' });
    say('');
  } catch (error) {
    say(error.why || words.late);
  }
});

const awake = () => { if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => {}); };
awake();
document.addEventListener('visibilitychange', awake);
