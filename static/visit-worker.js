// What a phone keeps of the form for visits: the page of each group as it was last, and the files that it needs. It answers only
// where the network does not. What is typed is not its matter.
const KEPT = 'visits';
const SLOW_MS = 6000;

const scope = new URL(self.registration.scope).pathname;
const isStatic = (url) => url.pathname.startsWith('/static/');

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** The page from the network, and kept; what was kept where the network is gone. Whoever may not see it any more keeps nothing. */
async function page(request, key) {
  const cache = await caches.open(KEPT);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), SLOW_MS);
  try {
    const answer = await fetch(request, { signal: limit.signal });
    if (answer.ok && !answer.redirected) await cache.put(key, answer.clone());
    else if (answer.status < 500) await cache.delete(key);
    return answer;
  } catch (problem) {
    const kept = await cache.match(key);
    if (!kept) throw problem;
    return kept;
  } finally {
    clearTimeout(timer);
  }
}

/** Files under names that change with their content. */
async function lasting(request) {
  const cache = await caches.open(KEPT);
  return (await cache.match(request.url)) ?? fetch(request);
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (isStatic(url)) event.respondWith(lasting(request));
  else if (request.mode === 'navigate' && url.pathname.startsWith(scope)) event.respondWith(page(request, url.pathname));
});

self.addEventListener('message', (event) => {
  const { keep, statics } = event.data ?? {};
  if (!keep) return;
  event.waitUntil(caches.open(KEPT).then(async (cache) => {
    for (const request of await cache.keys()) {
      const url = new URL(request.url);
      if (isStatic(url) && !statics.includes(url.pathname)) await cache.delete(request);
    }
    for (const address of [keep, ...statics]) {
      if (!await cache.match(address)) await cache.add(address).catch(() => { /* kept the next time */ });
    }
  }).then(() => event.source?.postMessage({ kept: true })));
});
