// The record of a visit on a phone: what is typed is kept at each change, sent when there is a network, and kept until the portal
// has said what became of it. A record has its key from the moment when its form is opened, so that it is never two. What one
// account typed is neither shown to another one nor sent by it. Without this script the form posts as forms do.
const form = document.querySelector('[data-visit]');
const box = document.querySelector('[data-kept]');
const line = document.querySelector('[data-state]');
const words = box.dataset;
const prefix = `visit:${words.account}:${words.group}:`;
const address = `/guidance/visit/${words.group}/send`;

function say(text) {
  line.textContent = text;
  line.hidden = !text;
}

const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const opened = new FormData(form);

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Everything that is kept here of this account and group: `draft` is in the form, `waiting` goes out, `refused` came back. */
function all() {
  const names = [];
  for (let i = 0; i < localStorage.length; i += 1) names.push(localStorage.key(i));
  return names.filter((name) => name.startsWith(prefix)).map(read).filter(Boolean).sort((one, other) => one.at - other.at);
}

function keep(record) {
  try {
    localStorage.setItem(prefix + record.key, JSON.stringify(record));
    return true;
  } catch {
    say(words.full);
    return false;
  }
}

const drop = (record) => localStorage.removeItem(prefix + record.key);

function fill(pairs) {
  form.reset();
  for (const field of form.elements) {
    if (!field.name) continue;
    const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = values.includes(field.value);
    else if (values.length) [field.value] = values;
    else if (field.type !== 'hidden') field.value = '';
  }
  for (const part of form.querySelectorAll('details')) {
    if (part.querySelector('textarea').value) part.open = true;
  }
}

/** The form as it was opened, for the next record. */
function empty() {
  fill([...opened].filter(([name]) => !['key', 'org'].includes(name)));
  form.elements.key.value = fresh();
  say('');
}

function typed(state) {
  const choice = form.elements.org.selectedOptions[0];
  return {
    key: form.elements.key.value, at: Date.now(), state, title: choice?.value ? choice.textContent : '', day: form.elements.day.value,
    pairs: [...new FormData(form)].map(([name, value]) => [name, String(value)]), problems: [],
  };
}

let timer = 0;
function changed() {
  clearTimeout(timer);
  timer = 0;
  if (keep(typed('draft'))) say(words.saved);
}
form.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(changed, 200);
});
// A phone may put the page away before the moment has come.
addEventListener('pagehide', () => { if (timer) changed(); });
document.addEventListener('visibilitychange', () => { if (document.hidden && timer) changed(); });

function button(text, go) {
  const one = document.createElement('button');
  one.type = 'button';
  one.className = 'btn';
  one.textContent = text;
  one.addEventListener('click', go);
  return one;
}

/** What was accepted since the page was opened. */
const done = [];

function paragraph(text, className = '') {
  const one = document.createElement('p');
  one.className = className;
  one.textContent = text;
  return one;
}

function draw() {
  const records = all().filter((record) => record.state !== 'draft');
  box.hidden = !records.length && !done.length;
  const parts = [];
  for (const { title, link, warnings } of done) {
    const note = document.createElement('p');
    note.className = 'note note--done';
    const go = document.createElement('a');
    go.href = link;
    go.textContent = words.open;
    note.append(`${title} ${words.accepted} `, go);
    parts.push(note, ...warnings.map((text) => paragraph(text, 'note note--wait')));
  }
  if (records.length) {
    const heading = document.createElement('h2');
    heading.textContent = words.title;
    parts.push(heading);
  }
  for (const record of records) {
    const panel = document.createElement('div');
    panel.className = 'panel stack-s';
    const head = document.createElement('b');
    head.textContent = `${record.title} ${record.day}`.trim();
    panel.append(head, paragraph(record.state === 'refused' ? words.refused : record.isSignedOut ? words.signIn : words.waiting));
    for (const [, problem] of record.problems) panel.append(paragraph(problem, 'err'));
    const row = document.createElement('div');
    row.className = 'btns';
    if (record.isSignedOut) {
      const link = document.createElement('a');
      link.className = 'btn';
      link.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
      link.textContent = words.again;
      row.append(link);
    }
    if (record.state === 'waiting') row.append(button(words.send, () => send(true)));
    row.append(button(words.mend, () => {
      fill(record.pairs);
      keep({ ...record, state: 'draft', problems: [] });
      draw();
      form.elements.org.focus();
    }), button(words.drop, () => {
      if (!confirm(words.sure)) return;
      drop(record);
      draw();
    }));
    panel.append(row);
    parts.push(panel);
  }
  box.replaceChildren(...parts);
}

/** Sends one record. `true` where it is settled, for good or ill; `false` where it has to wait. */
async function post(record) {
  let answer;
  try {
    answer = await fetch(address, {
      method: 'POST', body: new URLSearchParams(record.pairs), headers: { accept: 'application/json' }, redirect: 'manual', cache: 'no-store',
    });
  } catch {
    return false;
  }
  if (answer.status >= 500 || answer.status === 408 || answer.status === 429) return false;
  if (answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 403) {
    keep({ ...record, isSignedOut: true });
    return false;
  }
  const told = await answer.json().catch(() => null);
  if (told?.state === 'accepted') {
    drop(record);
    done.push({ title: record.title, link: told.link, warnings: told.warnings });
  } else {
    keep({ ...record, state: 'refused', isSignedOut: false, problems: told?.problems ?? [] });
  }
  return true;
}

async function sendAll() {
  for (const record of all().filter(({ state }) => state === 'waiting')) {
    // Another window may have sent it meanwhile.
    const still = read(prefix + record.key);
    if (still?.state === 'waiting' && !await post(still)) break;
  }
}

let isSending = false;
async function send(isAsked = false) {
  if (isSending || (!navigator.onLine && !isAsked)) return draw();
  if (!all().some(({ state }) => state === 'waiting')) return draw();
  isSending = true;
  say(words.sending);
  try {
    await (navigator.locks ? navigator.locks.request('visits', sendAll) : sendAll());
  } finally {
    isSending = false;
    say('');
    draw();
  }
}

form.addEventListener('submit', (event) => {
  clearTimeout(timer);
  timer = 0;
  // Where nothing can be kept the form goes its usual way.
  if (!keep(typed('waiting'))) return;
  event.preventDefault();
  setTimeout(() => delete form.dataset.sent);
  empty();
  send();
  box.scrollIntoView({ block: 'nearest' });
});
addEventListener('online', () => send());
addEventListener('pageshow', () => send());
addEventListener('storage', draw);
// A line that says nothing when it is back.
setInterval(send, 30_000);

// The browser fills in what it remembers of a page; what is kept here says more. A page that the worker kept has an old key.
const draft = all().findLast(({ state }) => state === 'draft');
if (draft) {
  fill(draft.pairs);
  say(words.saved);
} else if (!document.querySelector('.errsum')) {
  form.elements.key.value = fresh();
}
draw();

async function keepHouse() {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', (event) => { if (event.data?.kept) document.body.dataset.kept = 'yes'; });
  try {
    await navigator.serviceWorker.register(words.worker, { scope: '/guidance/visit/' });
    // Whoever signs out takes along what the worker keeps.
    localStorage.setItem('visits', 'kept');
    const { active } = await navigator.serviceWorker.ready;
    const files = [...document.querySelectorAll('link[href], script[src], img[src]')].map((one) => new URL(one.href || one.src).pathname);
    const sprite = document.querySelector('use')?.getAttribute('href')?.split('#')[0];
    active.postMessage({ keep: location.pathname, statics: [...new Set([...files, ...sprite ? [sprite] : []])] });
    await navigator.storage?.persist?.();
  } catch { /* without a worker the page has to be open already */ }
}
keepHouse();
