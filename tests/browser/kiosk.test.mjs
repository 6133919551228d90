// The screen of a school, left alone: it plays at its time, goes on while the network is away, and learns what has changed
// when it is back. Run by tests/run like journeys.test.mjs. The network is a line of the test's own in front of the city.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { BASE, DESK, launch, reader, signIn } from './browser.mjs';
import { unique } from './journey.mjs';

/** A line to the city that can be cut, and comes back at the same address. */
async function line() {
  const city = new URL(BASE);
  const open = new Set();
  const begin = (port) => new Promise((ready, fail) => {
    const server = net.createServer((here) => {
      const there = net.connect(Number(city.port || 80), city.hostname);
      for (const [one, other] of [[here, there], [there, here]]) {
        open.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => { open.delete(one); other.destroy(); });
        one.pipe(other);
      }
    });
    server.on('error', fail);
    server.listen(port, '127.0.0.1', () => ready(server));
  });
  let server = await begin(0);
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}`,
    cut: () => new Promise((done) => {
      server.close(done);
      open.forEach((one) => one.destroy());
    }),
    mend: async () => { server = await begin(port); },
  };
}

/** Minutes from now as `datetime-local` has it in the city. */
function typed(at) {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16);
}

const fits = { timeout: 15_000 };

test('a screen plays by itself, without a network too, and hears what is new', { timeout: 600_000 }, async () => {
  const browser = await launch();
  const wire = await line();
  try {
    // The organizer plans: the shortest lecture that there is, in two schools, at the next full minute but one; another tomorrow.
    const desk = await reader(browser, { width: DESK });
    const page = await desk.newPage();
    await signIn(page, 'organizer', '/broadcast/plans');
    const today = typed(new Date()).slice(0, 10);
    const last = typed(new Date(Date.now() + 20 * 86_400_000)).slice(0, 10);
    await page.fill('#f-title', unique('放映屏的一天'));
    await page.fill('#f-from', today);
    await page.fill('#f-to', last);
    await page.click('main form[action="/broadcast/plans"] button[type=submit]');
    await page.waitForURL(/\/broadcast\/plans\/\d+/);
    const plan = new URL(page.url()).pathname;
    const post = (path, form) => page.request.post(path, { form, headers: { Origin: BASE }, maxRedirects: 0 });
    const list = await page.request.get('/lectures?sort=short');
    const ids = [...new Set([...(await list.text()).matchAll(/href="\/lectures\/(\d+)"/g)].map((one) => one[1]))].slice(0, 3);
    for (const lecture of ids) assert.equal((await post(`${plan}/lectures`, { lecture, channel: 'school' })).status(), 303);
    assert.equal((await post(`${plan}/publish`, {})).status(), 303);
    await page.goto(`${plan}/days`);
    const items = await page.$$eval('#f-item option', (all) => all.slice(1).map((one) => [one.value, one.textContent]));
    const nameOf = async (school) => {
      await page.goto(`/broadcast/schools/${school}`);
      return (await page.textContent('main h1')).trim();
    };
    const [first, second] = [37, 38];
    const names = [await nameOf(first), await nameOf(second)];
    const starts = new Date(Math.ceil((Date.now() + 45_000) / 60_000) * 60_000);
    const tomorrow = new Date(starts.getTime() + 86_400_000);
    const plans = async (item, school, at) => {
      const answer = await post(`${plan}/screenings`, { item, school, starts: typed(at) });
      assert.equal(answer.status(), 303, await answer.text());
    };
    for (const name of names) {
      await plans(items[0][0], name, starts);
      await plans(items[1][0], name, tomorrow);
    }
    const codeOf = async (school) => {
      await post(`/broadcast/schools/${school}/kiosk`, {});
      await page.goto(`/broadcast/schools/${school}`);
      return (await page.getAttribute('#kiosk a.said', 'href')).split('/').pop();
    };
    const codes = [await codeOf(first), await codeOf(second)];

    // Two screens: one at the city itself, one behind the line.
    const hall = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const [near, far] = [await hall.newPage(), await hall.newPage()];
    const failures = [];
    for (const one of [near, far]) one.on('pageerror', (error) => failures.push(String(error)));
    await near.goto(`${BASE}/broadcast/kiosk/${codes[0]}`);
    await far.goto(`${wire.url}/broadcast/kiosk/${codes[1]}`);
    for (const [screen, name] of [[near, names[0]], [far, names[1]]]) {
      assert.equal(await screen.textContent('.idle h1'), name);
      await screen.waitForFunction((title) => document.querySelector('[data-next]').textContent === title, items[0][1], fits);
      assert.match(await screen.textContent('[data-next-when]'), /今天 \d\d:\d\d/);
      assert.match(await screen.textContent('[data-list]'), /明天/);
      // Both recordings of the next day are there before they are needed.
      await screen.waitForFunction(() => Number(document.body.dataset.kept) >= 1, null, { timeout: 40_000 });
    }
    assert.match(await near.textContent('[data-clock]'), /^\d\d:\d\d$/);

    // The network goes before the showing begins; the page itself is opened anew without it.
    await wire.cut();
    await far.reload();
    assert.equal(await far.textContent('.idle h1'), names[1], 'it opens from what it keeps');
    await far.waitForFunction((title) => document.querySelector('[data-next]').textContent === title, items[0][1], fits);
    await far.locator('[data-say]', { hasText: '网络不通' }).waitFor(fits);

    // At its time both play, and go on.
    for (const screen of [near, far]) {
      await screen.waitForFunction(() => {
        const video = document.querySelector('video');
        return !video.hidden && !video.paused && video.currentTime > 1;
      }, null, { timeout: 120_000 });
      const began = Date.now();
      assert.ok(began >= starts.getTime(), 'not before its time');
      const at = await screen.$eval('video', (video) => video.currentTime);
      assert.ok(Math.abs(at - (began - starts.getTime()) / 1000) < 8, `at its place: ${at}`);
      await screen.waitForFunction((before) => document.querySelector('video').currentTime > before + 2, at, fits);
      assert.ok(await screen.$eval('body', (body) => body.classList.contains('is-playing')));
    }
    // A part of what is kept is answered as a part.
    const part = await far.evaluate(async (code) => {
      const told = await (await fetch(`/broadcast/kiosk/${code}/schedule.json`)).json();
      const answer = await fetch(told.shows[0].src, { headers: { range: 'bytes=100-199' } });
      return [answer.status, answer.headers.get('content-range'), (await answer.arrayBuffer()).byteLength];
    }, codes[1]);
    assert.equal(part[0], 206);
    assert.match(part[1], /^bytes 100-199\/\d+$/);
    assert.equal(part[2], 100);
    // A picture that stands still is begun anew.
    await near.$eval('video', (video) => video.pause());
    await near.waitForFunction(() => !document.querySelector('video').paused, null, { timeout: 30_000 });

    // At its end the next one is named, still without the network.
    for (const screen of [near, far]) {
      await screen.$eval('video', (video) => { video.currentTime = Math.max(0, video.duration - 1); });
      await screen.waitForFunction(() => !document.body.classList.contains('is-playing'), null, { timeout: 30_000 });
      await screen.waitForFunction((title) => document.querySelector('[data-next]').textContent === title, items[1][1], fits);
      assert.match(await screen.textContent('[data-next-when]'), /明天/);
    }

    // Meanwhile tomorrow has changed; back in the network the screen hears of it.
    await page.goto(`${plan}/screenings`);
    for (const form of await page.$$eval('main form[action$="/cancel"]', (all) => all.map((one) => one.getAttribute('action')))) {
      await post(form, {});
    }
    const later = new Date(tomorrow.getTime() + 3_600_000);
    for (const name of names) await plans(items[2][0], name, later);
    await wire.mend();
    for (const screen of [near, far]) {
      await screen.evaluate(() => dispatchEvent(new Event('online')));
      await screen.waitForFunction((title) => document.querySelector('[data-next]').textContent === title, items[2][1], { timeout: 30_000 });
      await screen.waitForFunction(() => document.querySelector('[data-say]').hidden, null, fits);
    }

    // The address is withdrawn: the screen says so and keeps nothing.
    await post(`/broadcast/schools/${second}/kiosk/withdraw`, {});
    for (let i = 0; i < 2; i += 1) {
      const told = far.waitForResponse((answer) => answer.url().endsWith('/schedule.json'));
      await far.evaluate(() => dispatchEvent(new Event('online')));
      await told;
      assert.ok(await far.$eval('[data-idle]', (idle) => idle.isConnected), 'said once it ends nothing');
    }
    await far.waitForFunction(() => /停用/.test(document.querySelector('[data-next]').textContent), null, fits);
    await far.waitForFunction(async () => (await caches.keys()).length === 0, null, fits);
    assert.deepEqual(failures, []);
  } finally {
    await browser.close();
    await wire.cut().catch(() => {});
  }
});
