// A self-test, the page's half: answers are saved as they are given, and kept on this device until the server has said that it
// has them. Everything works without it by the page's buttons. Where an answer is final (feedback at once) only the button
// sends it; this file then only shows how much time is left.

const PREFIX = 'weixiao.answers.';
const WEEK = 7 * 24 * 60 * 60 * 1000;

// Private browsing may refuse to remember: then answers wait as long as the page.
const memory = new Map();
const store = {
  read(attempt) {
    try { return JSON.parse(localStorage.getItem(PREFIX + attempt)) ?? {}; } catch { return memory.get(attempt) ?? {}; }
  },
  write(attempt, waiting) {
    memory.set(attempt, waiting);
    try {
      if (Object.keys(waiting).length) localStorage.setItem(PREFIX + attempt, JSON.stringify(waiting));
      else localStorage.removeItem(PREFIX + attempt);
    } catch { /* as said */ }
  },
  /** What nobody came back for. */
  tidy() {
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
        let answers = [];
        try { answers = Object.values(JSON.parse(localStorage.getItem(key))); } catch { /* damaged: dropped */ }
        if (!answers.some((one) => Date.now() - one.t < WEEK)) localStorage.removeItem(key);
      }
    } catch { /* as said */ }
  },
};
store.tidy();

const finished = document.querySelector('[data-finished]');
if (finished) store.write(finished.dataset.finished, {});

const paper = document.getElementById('paper');
if (paper) take(paper);

function take(paper) {
  const { attempt } = paper.dataset;
  const say = paper.dataset;
  const form = document.querySelector('form[data-save]');
  const status = document.querySelector('[data-status]');
  let isBusy = false;
  let retry = 0;
  let failures = 0;

  function tell(text, link, address) {
    if (!status) return;
    status.textContent = text;
    if (!link) return;
    const a = document.createElement('a');
    a.href = address;
    a.textContent = link;
    status.append(' ', a);
  }

  function given() {
    const data = new FormData(form);
    return { chosen: data.getAll('choice').map(String), written: String(data.get('text') ?? '') };
  }
  /** Puts an answer that waits on this device back into the form. */
  function restore(answer) {
    for (const input of form.querySelectorAll('[name="choice"]')) input.checked = answer.chosen.includes(input.value);
    const text = form.querySelector('[name="text"]');
    if (text) text.value = answer.written;
  }

  function later() {
    failures += 1;
    clearTimeout(retry);
    retry = setTimeout(flush, Math.min(60, 2 ** failures) * (800 + 400 * Math.random()));
  }

  async function send(position, answer) {
    // A line that swallows everything must not hold up the rest.
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 20_000);
    try {
      return await fetch(`/attempts/${attempt}/answers`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, credentials: 'same-origin', keepalive: true, signal: stop.signal,
        body: JSON.stringify({ position, chosen: answer.chosen, written: answer.written, seen: answer.seen }),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends what waits, one after the other. */
  async function flush() {
    if (isBusy) return;
    isBusy = true;
    clearTimeout(retry);
    try {
      for (let next = first(); next; next = first()) {
        const [position, answer] = next;
        tell(say.saySaving);
        const response = await send(Number(position), answer);
        if (response.status === 401) {
          tell(say.saySignin, say.saySigninGo, `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
          failures = 5;
          later();
          return;
        }
        const isFinal = response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429;
        if (!response.ok && !isFinal) throw new Error(String(response.status));
        const told = response.ok ? await response.json() : { state: 'gone' };
        failures = 0;
        if (!settle(position, answer, told)) return;
      }
    } catch {
      tell(say.sayUnsaved);
      later();
    } finally {
      isBusy = false;
    }
  }
  function first() {
    return Object.entries(store.read(attempt))[0];
  }

  /** What the server said of an answer; whether to go on with the next. */
  function settle(position, answer, told) {
    const waiting = store.read(attempt);
    const isHere = form?.dataset.position === position;
    if (told.state === 'over' || told.state === 'submitted') {
      store.write(attempt, {});
      tell(say.sayOver, say.sayResult, `/attempts/${attempt}`);
      return false;
    }
    // Answered again while this one was on its way: that one is sent next, and knows what was saved.
    const isSame = waiting[position]?.t === answer.t;
    if (isSame) delete waiting[position];
    else if (waiting[position] && told.state === 'saved') waiting[position].seen = told.seen;
    store.write(attempt, waiting);
    if (told.state === 'saved') {
      if (isHere) form.dataset.seen = told.seen;
      tell(say.saySaved);
    } else if (told.state === 'changed') {
      tell(say.sayChanged, say.sayReload, `/attempts/${attempt}?q=${position}`);
      return false;
    } else {
      tell(told.why ?? say.sayUnsaved);
    }
    return true;
  }

  if (form) {
    const { position } = form.dataset;
    // Whoever has answered here means it, also where it is what was there before.
    const touched = () => form.querySelector('[name="was"]')?.remove();
    const keep = () => {
      touched();
      const waiting = store.read(attempt);
      const seen = waiting[position]?.seen ?? Number(form.dataset.seen);
      waiting[position] = { ...given(), seen, t: Date.now() };
      store.write(attempt, waiting);
      flush();
    };
    const left = store.read(attempt)[position];
    if (left) {
      restore(left);
      touched();
    }
    let typing = 0;
    form.addEventListener('change', keep);
    form.addEventListener('input', (event) => {
      if (event.target.name !== 'text') return;
      touched();
      clearTimeout(typing);
      typing = setTimeout(keep, 1000);
    });
    // The button sends the answer itself, with the page that comes next.
    form.addEventListener('submit', () => clearTimeout(typing));
  }
  addEventListener('online', flush);
  if (first()) flush();
  remaining();
}

/** How much time is left, in minutes: no ticking, nothing that hurries. */
function remaining() {
  const line = document.querySelector('[data-left]');
  if (!line) return;
  const end = performance.now() + Number(line.dataset.left) * 1000;
  const words = line.querySelector('[data-left-words]');
  const write = () => {
    const seconds = (end - performance.now()) / 1000;
    const text = seconds <= 0 ? line.dataset.sayOver
      : seconds <= 60 ? line.dataset.sayLess
        : line.dataset.say.replace('{}', String(Math.ceil(seconds / 60)));
    if (words.textContent !== text) words.textContent = text;
    if (seconds > 0) setTimeout(write, Math.min(20_000, seconds * 1000 + 200));
  };
  write();
}
