// What a school's screen keeps: its page, its schedule and the recordings of the next day. Only addresses of one screen are
// looked after; a recording that is kept is answered from what is kept, whichever part of it is asked for.
const SLOW_MS = 6000;

const scope = new URL(self.registration.scope).pathname;
const KEPT = `kiosk ${scope}`;
const isRecording = (url) => url.pathname.startsWith(`${scope}/recordings/`);
const isSchedule = (url) => url.pathname === `${scope}/schedule.json`;
const isStatic = (url) => url.pathname.startsWith('/static/');

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/**
 * From the network, and kept; what was kept where the network is slow or gone. The page itself also where the server does not
 * know it: whether its address was withdrawn is for its script to find out, which asks more than once.
 */
async function fresh(request, key, isPage) {
  const cache = await caches.open(KEPT);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), SLOW_MS);
  try {
    const answer = await fetch(request.url, { signal: limit.signal, cache: 'no-store', credentials: 'omit' });
    if (answer.ok) {
      await cache.put(key, answer.clone());
      return answer;
    }
    const isKept = isPage || answer.status >= 500;
    return isKept ? (await cache.match(key)) ?? answer : answer;
  } catch (problem) {
    const kept = await cache.match(key);
    if (!kept) throw problem;
    const headers = new Headers(kept.headers);
    headers.set('x-kept', '1');
    return new Response(kept.body, { status: 200, headers });
  } finally {
    clearTimeout(timer);
  }
}

/** Files under names that change with their content. */
async function lasting(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request.url, answer.clone());
  return answer;
}

/** The part of a kept recording that is asked for. */
async function part(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request.url);
  if (!kept) return fetch(request);
  const whole = await kept.blob();
  const headers = { 'content-type': 'video/mp4', 'accept-ranges': 'bytes', 'x-kept': '1' };
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get('range') ?? '');
  if (!range) return new Response(whole, { status: 200, headers: { ...headers, 'content-length': String(whole.size) } });
  const from = range[1] ? Number(range[1]) : Math.max(0, whole.size - Number(range[2]));
  const to = range[1] && range[2] ? Math.min(Number(range[2]), whole.size - 1) : whole.size - 1;
  if (from > to) return new Response(null, { status: 416, headers: { 'content-range': `bytes */${whole.size}` } });
  return new Response(whole.slice(from, to + 1), {
    status: 206,
    headers: { ...headers, 'content-length': String(to - from + 1), 'content-range': `bytes ${from}-${to}/${whole.size}` },
  });
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (isRecording(url)) event.respondWith(part(request));
  else if (isSchedule(url)) event.respondWith(fresh(request, url.pathname, false));
  else if (url.pathname === scope) event.respondWith(fresh(request, scope, true));
  else if (isStatic(url)) event.respondWith(lasting(request));
});

let isFetching = false;

/** Keeps these recordings, the first ones first, and lets the others go. */
async function keep(addresses) {
  if (isFetching) return;
  isFetching = true;
  try {
    const cache = await caches.open(KEPT);
    const wanted = addresses.map((address) => new URL(address, self.location.origin).href);
    for (const request of await cache.keys()) {
      if (isRecording(new URL(request.url)) && !wanted.includes(request.url)) await cache.delete(request);
    }
    for (const address of wanted) {
      if (await cache.match(address)) continue;
      const answer = await fetch(address, { cache: 'no-store' });
      if (answer.status !== 200) continue;
      // Without the redirection on its way: as such it could not be handed on.
      await cache.put(address, new Response(answer.body, { status: 200, headers: { 'content-type': 'video/mp4' } }));
    }
  } finally {
    isFetching = false;
  }
}

async function tell() {
  const cache = await caches.open(KEPT);
  const kept = (await cache.keys()).map((request) => new URL(request.url)).filter(isRecording).map((url) => url.pathname + url.search);
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage({ kept });
}

self.addEventListener('message', (event) => {
  const { keep: addresses, statics, forget } = event.data ?? {};
  if (forget) event.waitUntil(caches.delete(KEPT).then(() => self.registration.unregister()));
  if (statics) event.waitUntil(caches.open(KEPT).then(async (cache) => {
    for (const request of await cache.keys()) {
      const url = new URL(request.url);
      if (isStatic(url) && !statics.includes(url.pathname)) await cache.delete(request);
    }
    // What the page had asked for before this worker looked after it.
    for (const address of [scope, ...statics]) {
      if (!await cache.match(address)) await cache.add(address).catch(() => {});
    }
  }));
  // A disk that is full, a line that breaks: what is there stays, and it is tried again with the next news.
  if (addresses) event.waitUntil(keep(addresses).catch(() => {}).then(tell));
});
