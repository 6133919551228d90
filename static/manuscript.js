// The editor of a chapter: shows the text as readers will see it while it is written, saves it every twenty seconds, and
// keeps what is not saved yet on this device. Without this file two buttons do the same.

const form = document.querySelector('[data-writing]');
if (form) {
  const { auto, preview, draft, changed, saving, offline, kept, signedOut } = form.dataset;
  const [title, body, base] = ['title', 'body', 'base'].map((name) => form.elements[name]);
  const state = form.querySelector('[data-state]');
  const shown = form.querySelector('[data-shown]');
  const key = `weixiao-${draft}`;
  const EVERY = 20_000;
  const PAUSE = 700;
  const text = () => ({ title: title.value, body: body.value });
  const isSame = (one, other) => other !== null && one.title.trim() === other.title.trim() && one.body.trim() === other.body.trim();
  // What the server has, as far as we know: after a form came back it has another text than the one in the fields.
  let stored = 'unsaved' in form.dataset ? null : { title: title.defaultValue, body: body.defaultValue };
  // The author asked for a save while one was under way: theirs comes after it, on top of it.
  let isWanted = false;
  let isStopped = false;
  let isBusy = false;

  const say = (words) => {
    if (state.textContent !== words) state.textContent = words;
  };
  // The browser may forbid keeping anything: then the server's copy is all there is.
  const keep = () => {
    try {
      localStorage.setItem(key, JSON.stringify({ base: base.value, at: Date.now(), ...text() }));
    } catch { /* no room, or not allowed */ }
  };
  const forget = () => {
    try {
      localStorage.removeItem(key);
    } catch { /* not allowed */ }
  };
  const find = () => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const sent = (more) => {
    const fields = new URLSearchParams({ base: base.value, ...text(), ...more });
    return { method: 'POST', body: fields, redirect: 'manual' };
  };

  // ---------- as readers will see it
  let lookTimer = 0;
  let looked = 0;
  const look = async () => {
    const number = ++looked;
    try {
      const answer = await fetch(preview, sent({ part: '1' }));
      if (!answer.ok || number !== looked) return;
      // The server writes no scripts, and the policy of this page would run none.
      shown.innerHTML = await answer.text();
    } catch { /* the line is down: the next letter tries again, and saving says so */ }
  };
  form.querySelector('[data-look]').addEventListener('click', (event) => {
    event.preventDefault();
    look();
    shown.parentElement.scrollIntoView({ block: 'nearest' });
  });

  // ---------- saving
  const save = async () => {
    if (isStopped || isBusy || isSame(text(), stored)) return;
    isBusy = true;
    const now = text();
    say(saving);
    try {
      const answer = await fetch(auto, sent());
      if (answer.type === 'opaqueredirect' || answer.status === 401) {
        isStopped = true;
        say(signedOut);
      } else if (answer.ok) {
        const told = await answer.json();
        base.value = told.revision;
        stored = now;
        if (isSame(text(), stored)) {
          forget();
          say(told.says);
        } else {
          keep();
          say(changed);
        }
      } else if (answer.status === 409) {
        // Somebody else saved, or it was handed in: nothing is sent any more by itself.
        isStopped = true;
        say((await answer.json()).says);
      } else if (answer.status === 422) {
        say((await answer.json()).says);
      } else {
        say(offline);
      }
    } catch {
      say(offline);
    }
    isBusy = false;
    if (isWanted) {
      isWanted = false;
      delete form.dataset.sent;
      form.requestSubmit();
    }
  };
  form.addEventListener('submit', (event) => {
    if (!isBusy) return;
    event.preventDefault();
    isWanted = true;
  });
  setInterval(save, EVERY);
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') save();
  });
  for (const field of [title, body]) {
    field.addEventListener('input', () => {
      keep();
      if (!isStopped) say(changed);
      clearTimeout(lookTimer);
      lookTimer = setTimeout(look, PAUSE);
    });
  }

  // ---------- what was not saved the last time
  const note = form.querySelector('[data-restore]');
  const before = find();
  if (before && !isSame(before, text())) {
    note.hidden = false;
    note.querySelector('[data-restore-words]').textContent = `${kept} ${new Date(before.at).toLocaleString()}`;
    note.querySelector('[data-take]').addEventListener('click', () => {
      title.value = before.title;
      body.value = before.body;
      // On top of what it was written on: if somebody saved since, the server says so.
      base.value = before.base;
      note.hidden = true;
      say(changed);
      look();
      body.focus();
    });
    note.querySelector('[data-drop]').addEventListener('click', () => {
      forget();
      note.hidden = true;
    });
  } else if (before) {
    forget();
  }
}
