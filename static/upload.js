// Sends the files that are picked or dropped to a lecture, a piece at a time, over lines that break. The server holds what
// has come; what this page needs to go on is the address of the upload and the same file. tus.min.js must be there before.

const MIB = 1024 * 1024;
const PIECE = 8 * MIB;
const DELAYS = [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000];

function begin(root) {
  const rows = new Set();
  let lock = null;
  const list = root.querySelector('[data-list]');
  const problem = root.querySelector('[data-problem]');
  const say = (name, ...values) => {
    let text = root.dataset[`say${name}`];
    for (const value of values) text = text.replace('{}', () => value);
    return text;
  };

  // What only works with scripts is shown, the plain form's button is not.
  for (const part of root.querySelectorAll('[data-scripted]')) part.hidden = false;
  for (const part of root.querySelectorAll('[data-plain]')) part.hidden = true;

  const pick = root.querySelector('[data-pick]');
  pick.multiple = true;
  pick.required = false;
  pick.addEventListener('change', () => {
    take([...pick.files]);
    pick.value = '';
  });
  root.querySelector('form').addEventListener('submit', (event) => event.preventDefault());

  const drop = root.querySelector('[data-drop]');
  for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle('drop--over', name === 'dragenter' || name === 'dragover');
      if (name === 'drop') take([...event.dataTransfer.files]);
    });
  }
  // A file that misses the field would replace the page.
  for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());

  /** Begins an upload for each of these files, or goes on with one that is known. */
  async function take(files) {
    problem.textContent = '';
    for (const file of files) {
      const print = await fingerprint(file);
      const known = [...rows].find((row) => !row.file && isSame(row.print, print));
      if (known) known.go(file);
      else await create(file, print);
    }
  }

  async function create(file, print) {
    try {
      const answer = await fetch(root.dataset.create, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({ name: file.name, size: file.size, fingerprint: print }),
      });
      if (answer.redirected || answer.status === 401) throw say('SignIn');
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok || !told.url) throw told.problem ?? say('Failed');
      const item = root.querySelector('[data-row]').content.firstElementChild.cloneNode(true);
      list.append(item);
      row(item, { url: told.url, name: file.name, print }).go(file);
    } catch (error) {
      problem.textContent = `${file.name}: ${typeof error === 'string' ? error : say('NoLine')}`;
    }
  }

  /** One upload on the page. */
  function row(item, { url, name, print, offset = 0, length = 0 }) {
    const part = (what) => item.querySelector(`[data-${what}]`);
    const bar = part('bar');
    const row = { item, print, file: null, state: 'idle' };
    let upload = null;
    let again = 0;
    let marks = [];
    part('name').textContent = name;
    bar.setAttribute('aria-label', name);

    /** Shows a state; the sentence is read out when it changes. */
    function show(state, sentence) {
      row.state = state;
      part('state').textContent = sentence;
      part('pause').hidden = state !== 'sending' && state !== 'queued';
      part('resume').hidden = !(row.file && ['paused', 'broken'].includes(state));
      part('again').hidden = row.file !== null || state === 'done';
      part('end').hidden = state === 'sending' || state === 'done';
      item.classList.toggle('up--bad', state === 'broken' || state === 'other');
      hold();
    }

    function progress(sent, all) {
      const now = performance.now();
      marks = marks.filter(([at]) => now - at < 8000).concat([[now, sent]]);
      const [since, before] = marks[0];
      const speed = now > since ? ((sent - before) * 1000) / (now - since) : 0;
      const percent = all ? Math.floor((sent * 100) / all) : 0;
      bar.max = 100;
      bar.value = percent;
      bar.textContent = `${percent}%`;
      const figures = [`${size(sent)} / ${size(all)}`, `${percent}%`];
      if (speed > 0 && marks.length > 2) {
        figures.push(say('Speed', size(speed)), say('Left', time((all - sent) / speed)));
      }
      part('figures').textContent = figures.join(' · ');
    }

    /** Sends, or goes on sending. */
    row.go = (file) => {
      row.file = file;
      row.state = 'queued';
      next();
      if (row.state === 'queued') show('queued', say('Queued'));
    };
    row.start = () => {
      clearTimeout(again);
      marks = [];
      show('sending', say('Sending'));
      upload = new tus.Upload(row.file, {
        // Its address alone: with an endpoint beside it, a refused question would begin the file anew.
        uploadUrl: url,
        chunkSize: PIECE,
        retryDelays: DELAYS,
        storeFingerprintForResuming: false,
        removeFingerprintOnSuccess: false,
        onProgress: progress,
        onShouldRetry: (error) => {
          const status = error.originalResponse?.getStatus() ?? 0;
          return navigator.onLine && (status < 400 || status === 408 || status === 409 || status === 423 || status >= 500) && status !== 507;
        },
        onSuccess: () => {
          upload = null;
          part('figures').textContent = '';
          bar.value = 100;
          show('done', say('Done'));
          next();
          // What waits for its file from another day hinders nothing.
          if ([...rows].every((one) => !one.file || one.state === 'done')) setTimeout(() => location.reload(), 1500);
        },
        onError: (error) => {
          upload = null;
          const answer = error.originalResponse;
          const status = answer?.getStatus() ?? 0;
          if (status === 404 || status === 410) {
            rows.delete(row);
            row.file = null;
            show('other', say('Gone'));
            part('again').hidden = true;
          } else if (status >= 400 && status !== 409 && status !== 423 && status !== 408 && (status < 500 || status === 507)) {
            show('broken', answer.getBody()?.trim() || say('Failed'));
          } else {
            show('broken', navigator.onLine ? say('Retrying') : say('Offline'));
            again = setTimeout(wake, 60000);
          }
          next();
        },
      });
      upload.start();
    };
    /** After a line came back. */
    const wake = () => {
      if (row.state === 'broken' && row.file && navigator.onLine) row.go(row.file);
    };
    row.wake = wake;
    row.stop = (state, sentence) => {
      clearTimeout(again);
      upload?.abort();
      upload = null;
      show(state, sentence);
      next();
    };

    part('pause').addEventListener('click', () => row.stop('paused', say('Paused')));
    part('resume').addEventListener('click', () => row.go(row.file));
    part('end').addEventListener('click', async () => {
      row.stop('paused', say('Paused'));
      try {
        const answer = await fetch(url, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } });
        if (!answer.ok && answer.status !== 404 && answer.status !== 410) throw await answer.text();
        rows.delete(row);
        item.remove();
        hold();
        pick.focus();
      } catch (error) {
        show('broken', typeof error === 'string' ? error : say('NoLine'));
      }
    });
    const same = part('same');
    same.addEventListener('change', async () => {
      const [file] = same.files;
      same.value = '';
      if (!file) return;
      show('idle', say('Checking'));
      if (isSame(print, await fingerprint(file))) row.go(file);
      else show('other', say('Other', name));
    });
    if (length) {
      bar.value = Math.floor((offset * 100) / length);
      part('figures').textContent = `${size(offset)} / ${size(length)} · ${bar.value}%`;
      show('idle', say('Unfinished'));
    }
    rows.add(row);
    return row;
  }

  /** One file at a time: two would share the same line. */
  function next() {
    if ([...rows].some((row) => row.state === 'sending')) return;
    [...rows].find((row) => row.state === 'queued')?.start();
  }

  for (const item of list.querySelectorAll('[data-url]')) {
    const { url, name, fingerprint: print, offset, length } = item.dataset;
    for (const button of item.querySelectorAll('[data-scripted]')) button.hidden = false;
    row(item, { url, name, print, offset: Number(offset), length: Number(length) });
  }

  addEventListener('online', () => rows.forEach((row) => row.wake()));
  addEventListener('offline', () => {
    for (const row of rows) if (row.state === 'sending') row.stop('broken', say('Offline'));
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    rows.forEach((row) => row.wake());
    hold();
  });
  addEventListener('beforeunload', (event) => {
    if ([...rows].some((row) => row.file && row.state !== 'done')) event.preventDefault();
  });

  /** Keeps the page and the screen while something is sent: a telephone that sleeps stops sending. */
  async function hold() {
    root.toggleAttribute('data-sending', [...rows].some((row) => row.file && row.state !== 'done'));
    const isSending = [...rows].some((row) => row.state === 'sending');
    if (!isSending) {
      const held = lock;
      lock = null;
      await held?.release();
    } else if (!lock && document.visibilityState === 'visible' && navigator.wakeLock) {
      try {
        lock = await navigator.wakeLock.request('screen');
        lock.addEventListener('release', () => (lock = null));
      } catch {
        // Refused when the battery is low: sending goes on as long as the screen does.
      }
    }
  }

  function time(seconds) {
    const minutes = Math.ceil(seconds / 60);
    if (!Number.isFinite(seconds)) return '…';
    if (seconds < 60) return say('Seconds', Math.ceil(seconds));
    if (minutes < 60) return say('Minutes', minutes);
    return say('Hours', Math.floor(minutes / 60), minutes % 60);
  }
}

function size(bytes) {
  if (bytes < MIB) return `${Math.round(bytes / 1024)} KB`;
  if (bytes < 1024 * MIB) return `${Math.round(bytes / MIB)} MB`;
  return `${(bytes / 1024 / MIB).toFixed(2)} GB`;
}

/** Size, time, digest of the first MiB, name. Without TLS browsers make no digests: a hyphen stands for it. */
async function fingerprint(file) {
  let digest = '-';
  if (window.crypto?.subtle) {
    const head = await file.slice(0, MIB).arrayBuffer();
    const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', head));
    digest = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  return [file.size, file.lastModified, digest, file.name].join('|').slice(0, 300);
}

/**
 * Whether two fingerprints are of one file. Telephones give a file that is picked again another time or another name, so one
 * of both is enough where the digest says the same.
 */
function isSame(one, other) {
  if (!one || !other) return false;
  const [size, at, digest, ...name] = one.split('|');
  const [size2, at2, digest2, ...name2] = other.split('|');
  const isNamed = name.join('|') === name2.join('|');
  if (size !== size2) return false;
  if (digest === '-' || digest2 === '-') return at === at2 && isNamed;
  return digest === digest2 && (at === at2 || isNamed);
}

const root = document.querySelector('[data-upload]');
if (root && window.tus?.isSupported && window.fetch) begin(root);
