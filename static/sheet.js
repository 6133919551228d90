// The judge's sheet, the page's half: the total while it is filled in, and drafts that are saved as they are typed. What the line
// does not carry is kept on this device and sent when it is back; the server takes the newest stamp. Everything works without it.
const form = document.querySelector('form[data-sheet]');
if (form) judge(form);

function judge(form) {
  const say = form.dataset;
  const name = `weixiao.sheet.${say.sheet}`;
  const status = form.querySelector('[data-status]');
  const memory = {
    read() { try { return localStorage.getItem(name); } catch { return null; } },
    write(text) { try { localStorage.setItem(name, text); } catch { /* private browsing: it waits as long as the page */ } },
    drop() { try { localStorage.removeItem(name); } catch { /* as said */ } },
  };
  let waiting = null;
  let isBusy = false;
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
    const known = given.filter((value) => !Number.isNaN(value)).length;
    const sum = given.reduce((before, value, at) => before + weights[at] * 100 * value / Number(all[at].dataset.max), 0);
    const whole = weights.reduce((before, weight) => before + weight, 0);
    const line = document.querySelector('[data-given]');
    if (line) line.textContent = line.dataset.say.replace('{}', known).replace('{}', all.length);
    const out = document.querySelector('[data-total]');
    if (out) out.textContent = known === all.length ? (Math.round(sum / whole * 100) / 100).toFixed(2) : '—';
  }

  function data() {
    const sent = new FormData(form);
    sent.set('stamp', String(Date.now()));
    sent.delete('is_sure');
    return new URLSearchParams(sent).toString();
  }
  async function send() {
    if (isBusy || waiting === null) return;
    isBusy = true;
    const sent = waiting;
    status.textContent = say.saving;
    try {
      const answer = await fetch(say.draft, {
        method: 'POST', body: sent, credentials: 'same-origin',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        signal: AbortSignal.timeout(15000),
      });
      if (answer.ok) {
        failures = 0;
        if (waiting === sent) { waiting = null; memory.drop(); }
        status.textContent = say.saved;
      } else if (answer.status === 409) {
        // Handed in, returned, recused or locked meanwhile: the page says which, and keeps what was typed.
        waiting = null;
        status.textContent = await answer.text();
      } else throw new Error(String(answer.status));
    } catch {
      failures += 1;
      status.textContent = say.waiting;
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
    memory.write(waiting);
    if (failures === 0) later(1200);
  }

  form.addEventListener('input', changed);
  addEventListener('online', () => { failures = 0; send(); });
  form.addEventListener('submit', () => { clearTimeout(timer); waiting = null; memory.drop(); });

  // What an earlier visit could not send.
  const kept = memory.read();
  if (kept) {
    const before = new URLSearchParams(kept);
    const isNewer = Number(before.get('stamp')) > Number(form.elements.stamp.value);
    if (isNewer) {
      for (const [key, value] of before) {
        if (key === 'stamp' || key === 'version' || key === 'action') continue;
        const input = form.elements[key];
        if (input instanceof RadioNodeList || input) input.value = value;
      }
      waiting = kept;
      later(500);
    } else memory.drop();
  }
  total();
}
