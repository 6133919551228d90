// Trusted watching, the page's half: which parts of the lecture were played, sent to the server, which alone decides what
// counts (docs: the watching protocol). Nothing here completes anything; the page shows what the server has answered.
// Loaded by player.js for members who are signed in. Times are in ms of the lecture unless a name says seconds.

const PREFIX = 'weixiao.beats.';
const KEPT = 200;
const DAY = 24 * 60 * 60 * 1000;
// The server takes 200 ranges a beat; a beat with fewer is also sure to stay below 16 KiB.
const RANGES = 150;

// Private browsing may refuse to remember: then beats live as long as the page.
const store = {
  put(play, beats) {
    try {
      if (beats.length) localStorage.setItem(PREFIX + play, JSON.stringify(beats));
      else localStorage.removeItem(PREFIX + play);
    } catch { /* as said */ }
  },
  /** Beats of earlier pages that were never acknowledged, play by play; those older than a day are thrown away. */
  left() {
    const found = [];
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
        let beats = [];
        try { beats = JSON.parse(localStorage.getItem(key)).filter((beat) => Date.now() - beat.t < DAY); } catch { /* damaged: dropped */ }
        if (beats.length) found.push(beats);
        else localStorage.removeItem(key);
      }
    } catch { /* as said */ }
    return found;
  },
};

async function post(path, body) {
  // A line that swallows everything must not hold up the rest.
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 20_000);
  try {
    const answer = await fetch(path, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body, credentials: 'same-origin', keepalive: true,
      signal: stop.signal,
    });
    if (answer.ok) return await answer.json();
    // A rule's no is told in its own words.
    const page = answer.status === 409 ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
    throw Object.assign(new Error(path), { status: answer.status, why: page?.querySelector('main h1 + p, main p')?.textContent || '' });
  } finally {
    clearTimeout(timer);
  }
}
const bodyOf = ({ play, seq, segs, at_ms }) => JSON.stringify({ play, seq, segs, at_ms });

/** Ranges in order of time, touching ones joined. */
function joined(ranges) {
  const out = [];
  for (const [a, b] of [...ranges].sort((x, y) => x[0] - y[0])) {
    const last = out[out.length - 1];
    if (last && a <= last[1]) last[1] = Math.max(last[1], b);
    else out.push([a, b]);
  }
  return out;
}

/**
 * `player`: elements (video, audio), media() the one that plays, moved (the viewer chose a place), start (s), resume(s),
 * play(), say(key, text, label, action), hush(key), words, fill(text, …values), length(s),
 * rect(attributes).
 */
export function watch(figure, panel, player) {
  const { words, fill, length, rect } = player;
  const of = { lecture: Number(figure.dataset.lecture), media: Number(figure.dataset.watch) };
  const seconds = Math.ceil(Number(figure.dataset.duration) / 1000);
  const bits = new Uint8Array(seconds);
  const bar = panel.querySelector('svg');
  const line = panel.querySelector('[data-credit]');
  let shown = {
    credited_s: Math.floor(Number(panel.dataset.credited) / 1000), share: Number(panel.dataset.share),
    threshold: Number(panel.dataset.threshold), length_s: seconds, completed: 'done' in panel.dataset,
  };
  let play = null;      // of this page, as the server named it
  let seq = 0;
  let beats = [];       // not acknowledged, in order
  let ranges = [];      // played and not yet in a beat
  let here = null;      // where playing was last seen: { at, when, rate }
  let every = 15;
  let timer = 0;
  let retry = 0;
  let failures = 0;
  let isBusy = false;
  let trouble = '';     // 'late', 'signin' or 'unsaved': said under the bar
  let why = '';         // the server's own words for 'unsaved'

  // ---- what is shown ----

  function mark(segs, upTo) {
    // The server takes the seconds of a beat in order until its budget is spent; the bar does the same up to its figure.
    let count = bits.reduce((sum, bit) => sum + bit, 0);
    for (const [a, b] of segs) {
      for (let k = Math.round(a / 1000); k < Math.min(Math.round(b / 1000), seconds) && count < upTo; k += 1) {
        if (!bits[k]) { bits[k] = 1; count += 1; }
      }
    }
  }
  function draw() {
    const rects = [];
    for (let from = 0; from < seconds; from += 1) {
      if (!bits[from]) continue;
      let to = from;
      while (to < seconds && bits[to]) to += 1;
      rects.push(rect({ class: 'd1', x: `${100 * from / seconds}%`, width: `${100 * (to - from) / seconds}%`, height: '100%' }));
      from = to;
    }
    for (const old of bar.querySelectorAll('.d1')) old.remove();
    bar.append(...rects);
    write();
  }
  function write() {
    const waiting = Math.round(joined([...beats.flatMap((beat) => beat.segs), ...ranges]).reduce((sum, [a, b]) => sum + b - a, 0) / 1000);
    const figures = fill(words.credited, length(shown.credited_s), length(shown.length_s));
    const parts = shown.completed ? [words.done, figures] : [figures + fill(words.share, shown.share, shown.threshold)];
    if (trouble) parts.push((trouble === 'unsaved' && why) || words[trouble]);
    else if (!shown.completed && waiting > 0) parts.push(fill(words.waiting, length(waiting)));
    const text = parts.join(words.gap);
    if (line.textContent !== text) line.textContent = text;
  }
  function credit(answer, segs = []) {
    if (answer.completed && !shown.completed) player.say('done', words.done);
    shown = { ...shown, ...answer };
    mark(segs, shown.credited_s);
    draw();
  }

  // ---- what was played ----

  function look(media) {
    const now = { at: media.currentTime * 1000, when: performance.now(), rate: media.playbackRate };
    if (!here || media.seeking) return;
    const moved = now.at - here.at;
    const most = 1.5 * Math.max(here.rate, now.rate) * (now.when - here.when);
    if (moved > 0 && moved <= most) {
      const last = ranges[ranges.length - 1];
      if (last && Math.abs(last[1] - here.at) < 2) last[1] = Math.round(now.at);
      else ranges.push([Math.round(here.at), Math.round(now.at)]);
      here = now;
      write();
    } else if (moved < 0 || moved > most + 2000) here = now;
    // Otherwise the clock of the medium ran ahead for a moment: the next look settles it.
  }
  function set(media) {
    here = media.paused || media.seeking ? null : { at: media.currentTime * 1000, when: performance.now(), rate: media.playbackRate };
  }

  // ---- beats ----

  function beat() {
    if (!play || !ranges.length) return;
    while (ranges.length) {
      seq += 1;
      const segs = ranges.splice(0, RANGES);
      beats.push({ play, seq, segs, at_ms: Math.round(player.media().currentTime * 1000), t: Date.now() });
    }
    // Too many to keep: the oldest two become one. Seconds are a set, so nothing is counted twice.
    while (beats.length > KEPT) {
      const [one, two] = beats.splice(0, 2);
      beats.unshift({ ...two, segs: joined([...one.segs, ...two.segs]).slice(-RANGES) });
    }
    store.put(play, beats);
  }

  function later() {
    failures += 1;
    clearTimeout(retry);
    retry = setTimeout(send, Math.min(60, 2 ** failures) * (800 + 400 * Math.random()));
  }
  function failed(error) {
    if (error.status === 401) {
      player.say('signin', words.signin, words.signinGo, `/sign-in?next=${encodeURIComponent(location.pathname)}`);
      trouble = 'signin';
      write();
      failures = 5;
      return later();
    }
    const isFinal = error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
    trouble = isFinal ? 'unsaved' : 'late';
    why = error.why || '';
    write();
    if (!isFinal) later();
    return isFinal;
  }
  function reached() {
    failures = 0;
    trouble = '';
    clearTimeout(retry);
    player.hush('signin');
  }

  /** Sends what waits, oldest first, one at a time. */
  async function send() {
    if (isBusy) return;
    isBusy = true;
    try {
      if (!play && wanted) await open();
      while (play && beats.length) {
        const first = beats[0];
        let answer;
        try {
          answer = await post('/watch/beat', bodyOf(first));
        } catch (error) {
          if (failed(error)) { beats.shift(); store.put(play, beats); }
          break;
        }
        reached();
        const state = answer.state;
        const gone = beats.filter((one) => one.seq <= Math.max(answer.ack, first.seq));
        beats = beats.filter((one) => !gone.includes(one));
        store.put(play, beats);
        credit({ credited_s: answer.credited_s, share: answer.share, completed: answer.completed }, gone.flatMap((one) => one.segs));
        if (state === 'taken_over') { takenOver(); break; }
        if (state === 'ended') {
          // The play lay still too long. What was not taken goes into the next one; the server trims what it cannot verify.
          ranges = joined([...gone, ...beats].flatMap((one) => one.segs).concat(ranges));
          forget();
          if (player.media().paused) { wanted = false; break; }
          await open();
          beat();
        }
      }
    } catch (error) {
      failed(error);
    } finally {
      isBusy = false;
    }
  }
  function forget() {
    if (play) store.put(play, []);
    play = null;
    beats = [];
    seq = 0;
  }

  let wanted = false;   // a play should be open
  let isFirst = true;
  async function open() {
    await old;
    const answer = await post('/watch/open', JSON.stringify(of));
    reached();
    play = answer.play;
    every = Math.max(5, answer.every_s || 15);
    seq = 0;
    bits.fill(0);
    for (const [a, b] of answer.runs || []) bits.fill(1, a, b);
    const { credited_s, share, threshold, completed, length_s } = answer;
    credit({ credited_s, share, threshold, completed, length_s });
    // Another device went on after this page was made: go there, unless the viewer has chosen a place here.
    const resume = answer.resume_ms / 1000;
    if (isFirst && !player.moved && resume > 5 && resume < seconds - 5 && Math.abs(resume - player.start) > 10) player.resume(resume);
    isFirst = false;
    clearInterval(timer);
    timer = setInterval(() => {
      const media = player.media();
      look(media);
      if (!media.paused || beats.length) flush();
    }, every * 1000);
  }
  function flush() {
    beat();
    // While a retry is due, more beats do not knock sooner.
    if (failures === 0) send();
  }
  function takenOver() {
    forget();
    ranges = [];
    here = null;
    wanted = false;
    for (const one of player.elements) one.pause();
    player.say('taken', words.taken, words.takenGo, () => { player.hush('taken'); player.play(); });
  }

  /** What earlier pages could not send. It goes before a new play is opened, which would take over from theirs. */
  async function rest() {
    for (const kept of store.left()) {
      const key = kept[0].play;
      for (let left = kept; left.length; store.put(key, left)) {
        try {
          const answer = await post('/watch/beat', bodyOf(left[0]));
          left = left.filter((one) => one.seq > Math.max(answer.ack, left[0].seq));
          if (answer.state !== 'ok') left = [];
        } catch (error) {
          // Out of reach or signed out: it stays for the next page. Refused for good: dropped.
          if (!(error.status >= 400 && error.status < 500) || [401, 408, 429].includes(error.status)) break;
          left = left.slice(1);
        }
      }
    }
  }
  const old = rest();

  // ---- when ----

  for (const media of player.elements) {
    media.addEventListener('play', () => {
      if (!wanted || !play) { wanted = true; send(); }
      set(media);
    });
    media.addEventListener('playing', () => { if (here) look(media); set(media); });
    media.addEventListener('timeupdate', () => { if (here) look(media); else set(media); });
    media.addEventListener('ratechange', () => { look(media); set(media); });
    media.addEventListener('waiting', () => look(media));
    media.addEventListener('seeking', () => { here = null; flush(); });
    media.addEventListener('seeked', () => set(media));
    for (const end of ['pause', 'ended']) {
      media.addEventListener(end, () => {
        if (!media.seeking) look(media);
        here = null;
        flush();
      });
    }
  }

  function leaving() {
    const media = player.media();
    if (!media.paused) look(media);
    beat();
    if (!play || !beats.length) return;
    // Beacons may overtake each other, so everything that waits goes as one beat. Playing with the screen off goes on.
    if (beats.length > 1) {
      seq += 1;
      const last = beats[beats.length - 1];
      const segs = joined(beats.flatMap((one) => one.segs));
      if (segs.length <= RANGES) beats = [{ ...last, seq, segs }];
      store.put(play, beats);
    }
    navigator.sendBeacon?.('/watch/beat', new Blob([bodyOf(beats[0])], { type: 'application/json' }));
  }
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') leaving();
    else if (beats.length) send();
  });
  addEventListener('pagehide', leaving);
  addEventListener('online', () => { failures = 0; if (beats.length || (wanted && !play)) send(); });

  for (const run of (panel.dataset.runs || '').split(' ').filter(Boolean)) bits.fill(1, ...run.split('-').map(Number));
  draw();
}
