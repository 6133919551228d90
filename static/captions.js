// The desk for captions and chapters: rows that follow the player, tools for one row, a draft that outlives the session.
// Without this file the rows are a plain form, with five empty ones at the end.
// All rows stand in the page; captions.css keeps those far away out of layout and painting (content-visibility).

const video = document.querySelector('#player video');
const form = document.querySelector('#captions');
const chapterForm = document.querySelector('[data-chapters]');
const say = form.dataset;
const duration = Number(form.dataset.duration) || Infinity;
const MOST = 5000;
const LETTERS = 200;
const TOLERANCE = 2000;

// ---------- times: the same rules as src/captions

/** Milliseconds of what a person types ("1:02.5", "62"), or NaN. */
export function time(text) {
  const plain = text.trim().normalize('NFKC').replace(/[,。]/g, '.');
  const found = /^(?:(?:(\d{1,9}):)?(\d{1,9}):)?(\d{1,9})(?:\.(\d{1,9}))?$/.exec(plain);
  if (!found) return NaN;
  const [, hours, minutes, seconds, fraction = ''] = found;
  if ((minutes && seconds > 59) || (hours && minutes > 59)) return NaN;
  const ms = ((Number(hours || 0) * 60 + Number(minutes || 0)) * 60 + Number(seconds)) * 1000;
  const whole = ms + Number(fraction.padEnd(3, '0').slice(0, 3));
  return whole < 2 ** 31 ? whole : NaN;
}

/** A time for the editor: 1:02.500, 1:00:02.500. */
export function shown(ms) {
  const at = Math.max(0, Math.round(ms));
  const two = (n) => String(Math.floor(n) % 60).padStart(2, '0');
  const rest = `${two(at / 1000)}.${String(at % 1000).padStart(3, '0')}`;
  const minutes = Math.floor(at / 60000);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes)}:${rest}`;
}

const here = () => Math.min(video.currentTime * 1000, duration);
const letters = (text) => [...text].length;
const put = (text, value) => text.replace('{}', value);

function play(ms) {
  video.currentTime = ms / 1000;
  video.play().catch(() => { /* no recording here, or the browser wants a tap on the player first */ });
}

function toggle() {
  if (video.paused) video.play().catch(() => { /* as above */ });
  else video.pause();
}

// ---------- a list of rows: captions or chapters

class Rows {
  constructor(element, { template, tools, changed }) {
    this.form = element;
    this.list = element.querySelector('[data-rows]');
    this.rows = [...this.list.children];
    this.template = document.querySelector(template).content.firstElementChild;
    this.tools = document.querySelector(tools).content.firstElementChild.cloneNode(true);
    this.changed = changed;
    this.undos = [];
    for (const row of this.rows) row.firstElementChild.disabled = false;
    // The tools move only after the press is over: a row that slides away under it would lose its click.
    const settle = () => setTimeout(() => { if (!this.isPressed) this.choose(document.activeElement.closest('.cap')); });
    this.list.addEventListener('pointerdown', () => { this.isPressed = true; });
    for (const name of ['pointerup', 'pointercancel']) addEventListener(name, () => { this.isPressed = false; settle(); });
    this.list.addEventListener('focusin', settle);
    this.list.addEventListener('input', () => changed());
  }

  // [number, field, field, field]
  static fields(row) { return [...row.children].filter((child) => child.matches('input')); }
  values() { return this.rows.map((row) => Rows.fields(row).map((field) => field.value)); }

  /** The tools stand in the row that somebody is in: one set for all rows. */
  choose(row) {
    if (!row || row === this.chosen || !this.list.contains(row)) return;
    this.chosen?.classList.remove('is-on');
    this.chosen = row;
    row.classList.add('is-on');
    row.append(this.tools);
    this.reveal();
  }

  /** Brings what somebody is in out from under the player and the bar that stick. */
  reveal() {
    const field = document.activeElement;
    if (!this.list.contains(field)) return;
    this.tools.scrollIntoView({ block: 'nearest' });
    field.scrollIntoView({ block: 'nearest' });
  }

  /** The only way in which rows come and go, so that all of it can be taken back. */
  splice(at, count, values, { isUndo = false, words = '' } = {}) {
    const gone = this.rows.slice(at, at + count);
    if (!isUndo) this.undos.push({ at, count: values.length, values: gone.map((row) => Rows.fields(row).map((field) => field.value)), words });
    if (this.undos.length > 50) this.undos.shift();
    const made = values.map((texts) => {
      const row = this.template.cloneNode(true);
      Rows.fields(row).forEach((field, n) => { field.value = texts[n]; });
      return row;
    });
    if (gone.includes(this.chosen)) {
      this.tools.remove();
      this.chosen = null;
    }
    const next = this.rows[at + count] ?? null;
    for (const row of gone) row.remove();
    const batch = document.createDocumentFragment();
    batch.append(...made);
    this.list.insertBefore(batch, next);
    // Not splice(...made): thousands of arguments are too many for some browsers.
    this.rows = [...this.rows.slice(0, at), ...made, ...this.rows.slice(at + count)];
    this.number(at);
    this.changed();
    return made;
  }

  /** Numbers the rows from here on: those nearby now, the others when the browser has time. */
  number(from) {
    clearTimeout(this.numbering);
    const begin = Math.min(from, this.unnumbered ?? from);
    const end = Math.min(this.rows.length, Math.max(from, begin) + 300);
    for (let n = begin; n < end; n += 1) {
      const cell = this.rows[n].firstElementChild;
      if (cell.textContent !== String(n + 1)) cell.textContent = n + 1;
    }
    this.unnumbered = end < this.rows.length ? end : undefined;
    if (this.unnumbered) this.numbering = setTimeout(() => this.number(end), 100);
  }

  undo() {
    const last = this.undos.pop();
    if (!last) return;
    const [first] = this.splice(last.at, last.count, last.values, { isUndo: true });
    this.go(first ?? this.rows[last.at]);
  }

  go(row, field = -1, caret = null) {
    if (!row) return;
    const input = Rows.fields(row).at(field);
    input.focus();
    if (caret !== null) input.setSelectionRange(caret, caret);
  }

  place(row) { return this.rows.indexOf(row); }
}

// ---------- captions

const bar = form.querySelector('.capbar');
const state = form.querySelector('[data-state]');
const status = form.querySelector('[data-status]');
const undoButton = form.querySelector('[data-undo]');
const follow = form.querySelector('[data-follow]');
let isDirty = 'typed' in form.dataset;
let known = new WeakMap();

const captions = new Rows(form, { template: '#cap-row', tools: '#cap-tools', changed: () => touch() });

/** The times of a row; read once until somebody changes them. */
function span(row) {
  let times = known.get(row);
  if (!times) {
    const [start, end] = Rows.fields(row);
    times = [time(start.value), time(end.value)];
    known.set(row, times);
  }
  return times;
}

function report() {
  const count = captions.rows.reduce((sum, row) => sum + (row.children[3].value.trim() ? 1 : 0), 0);
  state.textContent = put(isDirty ? say.sayDirty : say.sayClean, count);
  bar.classList.toggle('is-dirty', isDirty);
  undoButton.hidden = captions.undos.length === 0;
}

let reportLater = 0;
function touch() {
  isDirty = true;
  if (!bar.classList.contains('is-dirty')) {
    bar.classList.add('is-dirty');
    captions.reveal();
  }
  clearTimeout(reportLater);
  reportLater = setTimeout(() => { report(); keepDraft(); }, 700);
  undoButton.hidden = captions.undos.length === 0;
}

/** What is wrong with a row, in words; nothing if all is well or the row is empty. */
function problem(row) {
  const [start, end] = span(row);
  const text = row.children[3].value.trim();
  if (!text) return '';
  if (Number.isNaN(start) || Number.isNaN(end)) return say.sayTime;
  if (end <= start) return say.sayReversed;
  if (start >= duration || end > duration + TOLERANCE) return say.sayBeyond;
  return letters(text) > LETTERS ? say.sayLong : '';
}

function judge(row) {
  const words = problem(row);
  const shownNow = row.querySelector('.err');
  if (!words && !shownNow) return true;
  row.classList.toggle('is-bad', Boolean(words));
  for (const [n, field] of Rows.fields(row).entries()) {
    const isIt = words && (words === say.sayLong) === (n === 2);
    if (isIt) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  }
  shownNow?.remove();
  if (words) {
    const err = document.createElement('p');
    err.className = 'err';
    err.setAttribute('role', 'alert');
    err.textContent = words;
    row.children[3].after(err);
  }
  return !words;
}

/** Writes times into a row; without one it keeps its own. */
function setTimes(row, start, end) {
  const [startField, endField] = Rows.fields(row);
  if (start !== null) startField.value = shown(start);
  if (end !== null) endField.value = shown(end);
  known.delete(row);
  judge(row);
  touch();
}

captions.list.addEventListener('input', (event) => {
  const row = event.target.closest('.cap');
  known.delete(row);
  if (row.classList.contains('is-bad')) judge(row);
  if (row === now) showNow();
});
captions.list.addEventListener('change', (event) => {
  const { target } = event;
  const row = target.closest('.cap');
  const ms = time(target.value);
  if (target.name !== 'text' && !Number.isNaN(ms)) target.value = shown(ms);
  known.delete(row);
  judge(row);
});

// Two texts become one: a space only between words of letters.
const joined = (a, b) => a + (/[!-~]$/.test(a) && /^[!-~]/.test(b) ? ' ' : '') + b;

function full() {
  if (captions.rows.length < MOST + 5) return false;
  status.textContent = say.sayFull;
  return true;
}

const doings = {
  start: (row) => setTimes(row, here(), null),
  end: (row) => setTimes(row, null, here()),
  split(row) {
    if (full()) return;
    const [, , field] = Rows.fields(row);
    const text = field.value;
    const caret = field.selectionStart > 0 && field.selectionStart < text.length ? field.selectionStart : Math.ceil(text.length / 2);
    const [start, end] = span(row);
    const share = start + ((end - start) * caret) / Math.max(1, text.length);
    // Where the player stands inside the line, it is cut there; otherwise by the length of the texts.
    const at = here() > start + 100 && here() < end - 100 ? here() : share;
    const texts = Number.isNaN(at) ? Rows.fields(row).map((one) => one.value) : [shown(start), shown(at), shown(end)];
    const n = captions.place(row);
    const [, second] = captions.splice(n, 1, [
      [texts[0], texts[1], text.slice(0, caret).trim()],
      [Number.isNaN(at) ? texts[0] : texts[1], Number.isNaN(at) ? texts[1] : texts[2], text.slice(caret).trim()],
    ]);
    captions.go(second, -1, 0);
    status.textContent = put(say.saySplit, n + 1);
  },
  merge(row) {
    const n = captions.place(row);
    const next = captions.rows[n + 1];
    if (!next) return;
    const [[a, b, text], [c, d, more]] = [row, next].map((one) => Rows.fields(one).map((field) => field.value));
    const whole = joined(text.trim(), more.trim());
    if (letters(whole) > LETTERS) {
      status.textContent = say.sayLong;
      return;
    }
    const [firstEnd, secondEnd] = [time(b), time(d)];
    const end = secondEnd >= firstEnd || !b.trim() ? d : b;
    const [made] = captions.splice(n, 2, [[a.trim() ? a : c, end.trim() ? end : b, whole]]);
    captions.go(made, -1, text.trim().length);
    status.textContent = put(say.sayMerged, n + 1);
  },
  insert(row) {
    if (full()) return;
    const n = captions.place(row);
    captions.go(captions.splice(n + 1, 0, [between(row, captions.rows[n + 1])])[0]);
  },
  delete(row) {
    const n = captions.place(row);
    captions.splice(n, 1, []);
    status.textContent = put(say.sayDeleted, n + 1);
    captions.go(captions.rows[n] ?? captions.rows[n - 1]);
  },
};

/** Times for a row after this one: up to the next if that leaves half a second, otherwise two seconds. */
function between(row, next) {
  const start = row ? span(row)[1] : 0;
  if (Number.isNaN(start)) return ['', '', ''];
  const limit = next ? span(next)[0] : NaN;
  const end = limit >= start + 500 && limit <= start + 8000 ? limit : Math.min(start + 2000, duration);
  return end > start ? [shown(start), shown(end), ''] : ['', '', ''];
}

captions.list.addEventListener('click', (event) => {
  const row = event.target.closest('.cap');
  const doing = event.target.closest('[data-do]')?.dataset.do;
  if (doing) doings[doing](row);
  else if (event.target.closest('.cap__n')) playRow(row);
});

function playRow(row) {
  const [start] = span(row);
  if (!Number.isNaN(start)) play(start);
}

form.querySelector('[data-add]').addEventListener('click', () => {
  if (full()) return;
  const said = captions.rows.filter((row) => row.children[3].value.trim()).at(-1);
  const free = captions.rows.slice(said ? captions.place(said) + 1 : 0)[0];
  if (free && !free.children[1].value) {
    Rows.fields(free).forEach((field, n) => { field.value = between(said)[n]; });
    known.delete(free);
    captions.go(free);
  } else captions.go(captions.splice(captions.rows.length, 0, [between(captions.rows.at(-1))])[0]);
});
undoButton.addEventListener('click', () => {
  captions.undo();
  status.textContent = say.sayUndone;
  undoButton.hidden = captions.undos.length === 0;
});

// ---------- keys

function move(rows, field, step) {
  const row = rows.rows[rows.place(field.closest('.cap')) + step];
  if (row) rows.go(row, Rows.fields(field.closest('.cap')).indexOf(field));
  return Boolean(row);
}

function keys(rows, event) {
  // The Enter that takes a word from the input method stays the input method's.
  if (event.isComposing || event.keyCode === 229) return;
  const field = event.target.closest('.cap input');
  const row = event.target.closest('.cap');
  const isCommand = event.ctrlKey || event.metaKey;
  if (event.key === 'Enter' && isCommand) toggle();
  else if (event.key === 'Enter' && event.shiftKey && row) {
    const ms = time(Rows.fields(row)[0].value);
    if (!Number.isNaN(ms)) play(ms);
  } else if (event.key === 'Enter' && field) {
    // Enter in a field would send the form.
    const next = rows.rows[rows.place(row) + 1];
    if (next) rows.go(next);
    else rows.form.querySelector('[data-add]').click();
  } else if (event.altKey && field && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    move(rows, field, event.key === 'ArrowUp' ? -1 : 1);
  } else return;
  event.preventDefault();
}
form.addEventListener('keydown', (event) => keys(captions, event));

// ---------- following the player

const caption = document.querySelector('[data-now]');
const clock = document.querySelector('[data-time]');
let now = null;

function showNow() {
  const text = now?.children[3].value.trim() ?? '';
  caption.hidden = !text;
  caption.firstElementChild.textContent = text;
}

function isHere(row, ms) {
  const [start, end] = span(row);
  return start <= ms && ms < end;
}

let askedAt = 0;
function followPlayer(event) {
  const ms = video.currentTime * 1000;
  clock.textContent = shown(ms);
  if (now?.isConnected && isHere(now, ms)) return;
  // Between two lines all rows are asked; ten times a second is enough.
  if (event?.type === 'frame' && performance.now() - askedAt < 100) return;
  askedAt = performance.now();
  const row = captions.rows.find((one) => isHere(one, ms)) ?? null;
  if (row === now) return;
  now?.classList.remove('is-now');
  now = row;
  now?.classList.add('is-now');
  showNow();
  // Nothing moves away under the hands of somebody who writes.
  const isWriting = captions.list.contains(document.activeElement) && document.activeElement.matches('input');
  if (now && !video.paused && !isWriting && follow.querySelector('input').checked) now.scrollIntoView({ block: 'center' });
}

let frame = 0;
const onFrame = () => {
  followPlayer({ type: 'frame' });
  if (!video.paused) frame = requestAnimationFrame(onFrame);
};
video.addEventListener('play', () => { cancelAnimationFrame(frame); onFrame(); });
for (const name of ['timeupdate', 'seeked', 'loadedmetadata']) video.addEventListener(name, followPlayer);

const controls = document.querySelector('#player .player__ctl');
const control = (name) => controls.querySelector(`[data-play="${name}"]`);
control('back').addEventListener('click', () => { video.currentTime = Math.max(0, video.currentTime - 2); });
control('on').addEventListener('click', () => { video.currentTime += 2; });
control('speed').addEventListener('change', (event) => { video.playbackRate = Number(event.target.value); });

// ---------- chapters

let areChaptersDirty = 'typed' in chapterForm.dataset;
const chapters = new Rows(chapterForm, {
  template: '#cap-row-2', tools: '#cap-tools-2', changed: () => { areChaptersDirty = true; },
});
chapters.list.addEventListener('click', (event) => {
  const row = event.target.closest('.cap');
  const doing = event.target.closest('[data-do]')?.dataset.do;
  const [at] = Rows.fields(row ?? chapters.rows[0]);
  if (doing === 'start') {
    at.value = shown(here());
    areChaptersDirty = true;
  } else if (doing === 'delete') {
    const n = chapters.place(row);
    chapters.splice(n, 1, []);
    chapters.go(chapters.rows[n] ?? chapters.rows[n - 1]);
  } else if (event.target.closest('.cap__n') && !Number.isNaN(time(at.value))) play(time(at.value));
});
chapters.list.addEventListener('change', ({ target }) => {
  const ms = time(target.value);
  if (target.name === 'at' && !Number.isNaN(ms)) target.value = shown(ms);
});
chapterForm.addEventListener('keydown', (event) => keys(chapters, event));
chapterForm.querySelector('[data-add]').addEventListener('click', () => {
  const free = chapters.rows.find((row) => !row.children[1].value && !row.children[2].value);
  if (free) free.children[1].value = shown(here());
  const row = free ?? (chapters.rows.length < 55 ? chapters.splice(chapters.rows.length, 0, [[shown(here()), '']])[0] : null);
  areChaptersDirty = true;
  chapters.go(row);
});

// ---------- the draft: what was written is not lost with the session, the page or the network

const key = `weixiao.captions.${form.dataset.lecture}`;
const base = form.querySelector('[name="base"]').value;
const LASTS = 30 * 24 * 3600 * 1000;
const offer = form.querySelector('[data-draft]');
let offered = null;

const filled = () => captions.values().filter((texts) => texts.some((text) => text.trim()));
// Without a place to keep it (private browsing, full) there is the warning before leaving.
const store = (value) => { try { localStorage.setItem(key, value); } catch { /* as said */ } };
const forget = () => { try { localStorage.removeItem(key); } catch { /* as said */ } };
function stored() {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    const isOne = Array.isArray(draft?.rows) && draft.rows.length <= MOST + 5 && Date.now() - draft.at < LASTS
      && draft.rows.every((row) => Array.isArray(row) && row.length === 3 && row.every((text) => typeof text === 'string'));
    return isOne ? draft : null;
  } catch { return null; }
}

function keepDraft() {
  if (!isDirty) return;
  // A draft that nobody has decided about is kept beside the new one.
  store(JSON.stringify({ base, at: Date.now(), rows: filled(), older: offered ?? undefined }));
}

function offerDraft() {
  const draft = stored();
  if (!draft) return forget();
  const loaded = JSON.stringify(filled());
  const other = [draft, draft.older].find((one) => one && JSON.stringify(one.rows) !== loaded);
  // Saved as it was, or shown again with its mistakes: nothing to offer. Only what is saved may be forgotten.
  if (!other) return isDirty || forget();
  offered = { base: other.base, at: other.at, rows: other.rows };
  offer.querySelector('[data-draft-when]').textContent = new Date(other.at).toLocaleString(document.documentElement.lang, {
    month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit',
  });
  offer.querySelector('[data-draft-newer]').hidden = other.base === base;
  offer.hidden = false;
}

offer.addEventListener('click', (event) => {
  const doing = event.target.closest('[data-draft-do]')?.dataset.draftDo;
  if (!doing) return;
  const { rows } = offered;
  offered = null;
  offer.hidden = true;
  if (doing === 'take') {
    known = new WeakMap();
    captions.splice(0, captions.rows.length, [...rows, ['', '', '']]);
    captions.rows.forEach(judge);
    captions.go(captions.rows[0]);
  } else if (isDirty) keepDraft();
  else forget();
});

document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') keepDraft(); });

// ---------- sending and leaving

let sent = null;
for (const one of document.querySelectorAll('form')) one.addEventListener('submit', () => { sent = one; });

form.addEventListener('submit', (event) => {
  const wrong = captions.rows.filter((row) => !judge(row));
  if (wrong.length === 0) {
    keepDraft();
    return;
  }
  event.preventDefault();
  sent = null;
  report();
  // app.js has marked the form as sent, which it is not.
  setTimeout(() => delete form.dataset.sent);
  status.textContent = put(say.sayWrong, wrong.length);
  captions.go(wrong[0], wrong[0].querySelector('[aria-invalid]') === wrong[0].children[3] ? 2 : 0);
});

addEventListener('beforeunload', (event) => {
  const isLost = (isDirty && sent !== form) || (areChaptersDirty && sent !== chapterForm);
  if (!isLost) return;
  keepDraft();
  // If the reader stays, another attempt is asked about as well.
  sent = null;
  event.preventDefault();
  event.returnValue = '';
});
addEventListener('pageshow', () => { sent = null; });

for (const hidden of [controls, follow, document.querySelector('.capped__keys'), ...document.querySelectorAll('[data-add]')]) hidden.hidden = false;
report();
offerDraft();
