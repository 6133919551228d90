// The judge's sheet, the page's half: the total while it is filled in, and drafts that are saved as they are typed. What was typed is
// kept on this device until the server is known to have it, also while a sheet that was handed in has no answer. A draft names those
// that its page knows and takes the place of no other, so no clock decides between two devices. Everything works without it.
const PREFIX = 'weixiao.sheet.';
/** What a draft says of itself beside what was typed. */
const ABOUT = ['version', 'stamp', 'base', 'action', 'is_sure'];
/** Drafts without an answer that are still named as known. */
const MOST = 40;
/** How long the answer to a button may take until what was typed is saved as a draft all the same. */
const PATIENCE = 20000;

const memory = {
  read(name) { try { return localStorage.getItem(name); } catch { return null; } },
  write(name, text) { try { localStorage.setItem(name, text); } catch { /* private browsing: it waits as long as the page */ } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* as said */ } },
  names() { try { return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)); } catch { return []; } },
};

const sheet = document.querySelector('[data-sheet]');
if (sheet) {
  clear(sheet.dataset.sheet, sheet.dataset.over !== undefined);
  if (sheet.matches('form')) judge(sheet);
}

/** Nothing is sent any more of what was typed under a version before this one, nor under this one once it is over. */
function clear(of, isOver) {
  const [id, version] = of.split('-').map(Number);
  for (const name of memory.names()) {
    const [other, before] = name.slice(PREFIX.length).split('-').map(Number);
    if (other === id && (before < version || (isOver && before === version))) memory.drop(name);
  }
}

function judge(form) {
  const say = form.dataset;
  const name = PREFIX + say.sheet;
  const status = form.querySelector('[data-status]');
  // Stamps: of the draft that the page shows or that was acknowledged last, and of those sent since. The server has one of them.
  let known = say.base.split(',');
  let last = Math.max(...known.map(Number));
  let waiting = null;
  let isBusy = false;
  let isRestored = false;
  let timer = 0;
  let failures = 0;

  const fields = () => [...form.querySelectorAll('.crit[data-weight]')];
  function score(field) {
    const input = field.querySelector('input[type="radio"]:checked, input.input');
    const text = input ? input.value.trim().replace(/[．。，,]/, '.') : '';
    const value = text === '' ? NaN : Number(text);
    return value >= 0 && value <= Number(field.dataset.max) ? value : NaN;
  }
  function total() {
    const all = fields();
    const given = all.map(score);
    const weights = all.map((field) => Number(field.dataset.weight));
    const count = given.filter((value) => !Number.isNaN(value)).length;
    const sum = given.reduce((before, value, at) => before + weights[at] * 100 * value / Number(all[at].dataset.max), 0);
    const whole = weights.reduce((before, weight) => before + weight, 0);
    const line = document.querySelector('[data-given]');
    if (line) line.textContent = line.dataset.say.replace('{}', count).replace('{}', all.length);
    const out = document.querySelector('[data-total]');
    if (out) out.textContent = count === all.length ? (Math.round(sum / whole * 100) / 100).toFixed(2) : '—';
  }

  function show(text) {
    status.textContent = isRestored ? `${say.restored} ${text}` : text;
  }
  /** What was typed, without what a draft says of itself. */
  function typed(sent) {
    return new URLSearchParams([...sent].filter(([key]) => !ABOUT.includes(key))).toString();
  }
  function data() {
    const sent = new FormData(form);
    // Beside the clock some chance: drafts of two devices are never taken for one.
    last = Math.max(Date.now(), last + 1) + Math.floor(Math.random() * 1000);
    sent.set('stamp', String(last));
    sent.set('base', known.join(','));
    sent.delete('is_sure');
    return new URLSearchParams(sent).toString();
  }
  function fill(sent) {
    for (const [key, value] of sent) {
      const input = ABOUT.includes(key) ? null : form.elements[key];
      if (input) input.value = value;
    }
  }
  async function send() {
    if (isBusy || waiting === null) return;
    isBusy = true;
    const sent = waiting;
    const stamp = new URLSearchParams(sent).get('stamp');
    // It may arrive, and its answer not.
    if (!known.includes(stamp)) known = [known[0], ...known.slice(1).slice(-MOST), stamp];
    show(say.saving);
    try {
      const answer = await fetch(say.draft, {
        method: 'POST', body: sent, credentials: 'same-origin',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        signal: AbortSignal.timeout(15000),
      });
      // The page for signing in is an answer too: only this one says that it is kept.
      if (answer.status === 204) {
        failures = 0;
        known = [stamp];
        if (waiting === sent) waiting = null;
        if (memory.read(name) === sent) memory.drop(name);
        show(say.saved);
      } else if (answer.status === 409) {
        // Handed in, returned, recused or locked meanwhile, or another device has a newer one: the page says which, and what was
        // typed stays in it and on this device.
        waiting = null;
        status.textContent = await answer.text();
      } else throw new Error(String(answer.status));
    } catch {
      failures += 1;
      show(say.waiting);
      later(Math.min(30000, 2000 * 2 ** failures));
    }
    isBusy = false;
    if (waiting !== null && failures === 0) later(800);
  }
  function later(delay) {
    clearTimeout(timer);
    timer = setTimeout(send, delay);
  }
  function changed() {
    total();
    waiting = data();
    memory.write(name, waiting);
    if (failures === 0) later(1200);
  }

  form.addEventListener('input', changed);
  addEventListener('online', () => { failures = 0; send(); });
  form.addEventListener('submit', () => {
    // Until a page says what became of it, it is kept here; and if none comes, sent as a draft.
    waiting = data();
    memory.write(name, waiting);
    const sent = new URLSearchParams(waiting);
    for (const key of ['stamp', 'base']) form.elements[key].value = sent.get(key);
    later(PATIENCE);
  });

  /** What an earlier visit could not send. */
  function recall(kept) {
    const sent = new URLSearchParams(kept);
    const before = (sent.get('base') ?? '').split(',');
    const isSame = typed(sent) === typed(new FormData(form));
    if (sent.get('stamp') === known[0] || isSame) {
      memory.drop(name);
    } else if (before.includes(known[0])) {
      fill(sent);
      known = [known[0], ...before.filter((stamp) => stamp !== known[0])];
      last = Math.max(last, Number(sent.get('stamp')));
      waiting = kept;
      isRestored = true;
      status.textContent = say.restored;
      later(500);
    } else {
      // Another device has saved one since. That one is shown; this one takes its place only if the judge says so.
      const take = document.createElement('button');
      take.type = 'button';
      take.className = 'btn';
      take.textContent = say.take;
      take.addEventListener('click', () => {
        fill(sent);
        take.remove();
        changed();
      });
      status.textContent = say.other;
      status.after(take);
    }
  }
  const kept = memory.read(name);
  if (say.typed === undefined) {
    if (kept) {
      // Beside what the server has, not beside what a browser brings back of a page that was left.
      form.reset();
      recall(kept);
    }
  } else if (!kept) {
    // Typed under the version before, or without this script: only this page has it.
    const sent = new URLSearchParams(data());
    sent.set('base', '');
    memory.write(name, sent.toString());
  }
  total();
}
