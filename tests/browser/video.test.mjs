// From a telephone's recording to a lecture that was watched: uploads over lines that break, work that is watched, captions,
// review by two, watching that the server measures, another recording, withdrawal. The journeys follow each other and tell
// of one lecture. Run by tests/run like journeys.test.mjs; the city needs a worker beside it.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import tus from 'tus-js-client';
import { BASE, DESK, PHONE, signIn } from './browser.mjs';
import { sizes } from './checks.mjs';
import { isSound, journey, path, press, said, unique } from './journey.mjs';
import { brokenLine } from './line.mjs';
import { large, portrait, small, srt } from './recordings.mjs';

const MIB = 1024 * 1024;
/** How long the telephone's recording lasts, and the one that takes its place. */
const SECONDS = 14;
const SHORT = 6;
/** How long a recording may take until it can be played, in seconds. */
const PATIENCE = 90;
/** What a reader is never told: traces, paths, names of tools. */
const DISCLOSED = /panick|backtrace|traceback|\bsrc\/|\.rs\b|ffmpeg|ffprobe|\/tmp\/|\/home\/|\/var\/|\/etc\/|root:|Errno|os error/i;

/** Where things are on the pages. */
const ON = {
  go: 'main .btn--go[type=submit]',
  pick: '[data-upload] [data-pick]',
  up: '[data-upload] [data-list] .up',
  trouble: '[data-upload] [data-problem]',
  recording: '[data-recordings] [data-recording]',
  poster: 'main .poster',
  captions: 'main a[href$="/captions"]',
  row: '#captions .cap',
  chapters: '#chapters',
  submit: 'main form[action$="/submit"] button',
  verdict: 'main form[data-remarks]',
  judged: 'main .judged',
  video: '#player video',
  start: '#player [data-do=start]',
  play: '#player [data-do=play]',
  speed: '#player [data-do=speed]',
  seek: '#player [data-do=seek]',
  say: '#player .player__say',
  act: '#player [data-do=act]',
  credit: '#watched [data-credit]',
  credited: '#watched .pbar .d1',
};

/** The lecture that these journeys are about, and its recordings. */
const told = { title: unique('水尺怎么看') };
const recordings = {};
test('recordings are made', { timeout: 120_000 }, () => {
  recordings.portrait = portrait(SECONDS);
  recordings.large = large();
  recordings.small = small(SHORT);
  assert.ok(fs.statSync(recordings.large).size > 300e6);
});

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
const cookies = async (page) => (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');

/** A new lecture of the instructor who is signed in: the number of it. */
async function newLecture(page, title) {
  await page.goto('/studio');
  await press(page, 'main a[href="/studio/lectures/new"]');
  await page.fill('main input[name=title]', title);
  await page.selectOption('main select[name=topic]', { index: 1 });
  await press(page, ON.go);
  assert.match(path(page), /^\/studio\/lectures\/\d+$/, await said(page));
  return Number(path(page).split('/').pop());
}

/** Stays on the page until its script shows that the newest recording is ready: all that was shown meanwhile. */
async function processed(page) {
  const shown = new Set();
  const newest = page.locator(ON.recording).first();
  for (const until = Date.now() + PATIENCE * 1000; Date.now() < until; await page.waitForTimeout(200)) {
    // Between two pages there is none.
    const text = await newest.innerText({ timeout: 1_000 }).catch(() => '');
    const state = await newest.getAttribute('data-state', { timeout: 1_000 }).catch(() => '');
    if (state === 'ready') {
      await page.waitForLoadState();
      return [...shown];
    }
    assert.ok(!['failed', 'cancelled'].includes(state), text);
    if (text && state) shown.add(text.split('\n').slice(2).join(' ').trim());
  }
  throw new Error(`not ready after ${PATIENCE} s: ${[...shown].join(' | ')}`);
}

/** What the media element of the page says now. */
const playing = (page, what, selector = ON.video) => page.$eval(selector, (media, name) => media[name], what);

/** Waits until it has come to this second, and holds it there. */
async function holdAt(page, second) {
  await page.$eval(ON.video, (video, at) => new Promise((held) => {
    const look = () => {
      if (video.currentTime < at) return requestAnimationFrame(look);
      video.pause();
      return held();
    };
    look();
  }), second);
}

journey('a telephone’s recording is sent over a line that breaks, and becomes a lecture', PHONE, async (page) => {
  const offsets = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']));
  });
  await signIn(page, 'instructor', '/studio');
  told.id = await newLecture(page, told.title);
  assert.ok(await page.locator(ON.submit).isDisabled(), 'nothing can be handed in yet');

  // As over a telephone's line.
  const line = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 20, downloadThroughput: -1, uploadThroughput: fs.statSync(recordings.portrait).size / 8 };
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', conditions);
  await page.setInputFiles(ON.pick, recordings.portrait);
  const bar = page.locator(`${ON.up} [data-bar]`);
  await page.waitForFunction((what) => document.querySelector(what)?.value > 20, `${ON.up} [data-bar]`);
  assert.match(await said(page, `${ON.up} [data-figures]`), /^(\d+ [KM]B) \/ \d+ MB · \d+% · 每秒 .+ · 约剩 .+/);
  assert.equal(await said(page, `${ON.up} [data-state]`), '正在传');
  await isSound(page);
  assert.ok(await bar.evaluate((one) => one.value < 100), 'it was not faster than this line');
  await page.context().setOffline(true);
  await page.locator(`${ON.up} [data-state]`, { hasText: '网络断开，进度已保留' }).waitFor();
  const reached = await bar.evaluate((one) => one.value);
  await page.waitForTimeout(500);
  await page.context().setOffline(false);
  await page.locator(`${ON.up} [data-state]`, { hasText: '已传完' }).waitFor({ timeout: 30_000 });
  assert.ok(reached > 0 && reached < 100, `the line broke at ${reached}%`);
  assert.equal(offsets[0], 0);
  assert.ok(offsets.at(-1) > 0, `it went on from where it was: ${offsets}`);

  // The page brings itself to the work, and follows it.
  const shown = await processed(page);
  assert.ok(shown.some((text) => /\d+%/.test(text)), shown.join(' | '));
  assert.ok(new Set(shown.map((text) => text.match(/(\d+)%/)?.[1])).size > 1, `the share moves: ${shown.join(' | ')}`);
  assert.match(await said(page, '#recording ~ .meta'), /14 秒[^]*720 × 1280/, 'it stands upright');
  const pictures = page.locator(`${ON.poster} img`);
  assert.ok(await pictures.count() > 1, 'there are pictures to choose from');
  await page.locator(ON.poster).nth(1).click();
  const [width, height] = await pictures.nth(1).evaluate(async (img) => { await img.decode(); return [img.naturalWidth, img.naturalHeight]; });
  assert.ok(height > width, `the picture is ${width}×${height}`);
  await press(page, 'main form.posters button');
  assert.ok(await page.isChecked('main input[name=poster][value="2"]'));
  assert.match(await page.getAttribute('main video', 'poster'), /poster-2\.jpg/);
  await isSound(page);

  await press(page, ON.captions);
  await page.setInputFiles('#f-file', srt([
    ['00:00:00,500', '00:00:03,000', '水尺立在渠口，先看红线。'],
    ['00:00:03,000', '00:00:07,250', '红线以下放心，红线以上报告。'],
    ['00:00:07,500', '00:00:12,000', '早晚各看一次，记在本子上。'],
  ]));
  await press(page, '#files form button');
  const texts = () => page.$$eval(`${ON.row} input[name=text]`, (all) => all.map((one) => one.value).filter(Boolean));
  assert.deepEqual(await texts(), ['水尺立在渠口，先看红线。', '红线以下放心，红线以上报告。', '早晚各看一次，记在本子上。']);
  // One line is written at the place where the player stands.
  await page.click('#captions [data-add]');
  const row = page.locator(ON.row).nth(3);
  await row.locator('input[name=text]').fill('谢谢大家');
  await page.$eval(ON.video, (video) => { video.currentTime = 12.25; });
  await page.waitForFunction((what) => !document.querySelector(what).seeking, ON.video);
  await row.locator('[data-do=start]').click();
  assert.equal(await row.locator('input[name=start]').inputValue(), '0:12.250');
  await row.locator('input[name=end]').fill('0:13');
  await row.locator('input[name=end]').press('Tab');
  await page.locator('#captions [data-state]', { hasText: '4 行，有改动还没有保存' }).waitFor();
  await press(page, '#captions [type=submit]');
  assert.equal(await page.locator('main [role=alert]:visible').count(), 0, await said(page));
  assert.equal((await texts()).at(-1), '谢谢大家');
  await isSound(page);

  await page.click(`${ON.chapters} > summary`);
  for (const [n, [at, title]] of [['0', '认水尺'], ['0:07.5', '记水位']].entries()) {
    await page.locator(`${ON.chapters} .cap input[name=at]`).nth(n).fill(at);
    await page.locator(`${ON.chapters} .cap input[name=title]`).nth(n).fill(title);
  }
  await press(page, `${ON.chapters} [type=submit]`);
  assert.match(await said(page, `${ON.chapters} > summary`), /章节（2）/);

  await page.goto(`/studio/lectures/${told.id}`);
  assert.ok(await page.locator(ON.submit).isDisabled(), 'the rights are not confirmed');
  await page.check('main input[name=rights_ok]');
  await press(page, `main form[action="/studio/lectures/${told.id}"] button`);
  await press(page, ON.submit);
  assert.match(await said(page), /审课中：0 位已通过/);
  assert.equal(await page.locator(ON.pick).count(), 0, 'no other recording meanwhile');
}, { timeout: 240_000, excused: /ERR_INTERNET_DISCONNECTED/ });

journey('300 MB come by the tus client, over a line that breaks three times', DESK, async (page, _, onEnd) => {
  await signIn(page, 'instructor', '/studio');
  const id = await newLecture(page, unique('渠道一年四季'));
  const busy = await newLecture(page, unique('先来的一课'));
  const headers = { Cookie: await cookies(page) };
  const size = fs.statSync(recordings.large).size;
  const begun = await fetch(`${BASE}/studio/lectures/${id}/uploads`, {
    method: 'POST', headers: { ...headers, Origin: BASE, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: '四季.mp4', size, fingerprint: '' }),
  });
  const { url } = await begun.json();
  assert.match(url, /^\/uploads\/[0-9a-f]{32}$/);

  const line = await brokenLine(BASE, { cuts: 3, every: size / 6 });
  onEnd(() => line.close());
  /** A client that knows nothing but the address; ended where `isEnough`, as if its window were closed. */
  const client = (isEnough = () => false) => new Promise((resolve, reject) => {
    const upload = new tus.Upload(fs.createReadStream(recordings.large), {
      uploadUrl: line.url + url, headers, chunkSize: 32 * MIB, retryDelays: Array(20).fill(100), storeFingerprintForResuming: false,
      onError: reject,
      onSuccess: () => resolve(),
      onChunkComplete: (_, accepted) => {
        if (isEnough(accepted)) upload.abort().then(resolve, reject);
      },
    });
    upload.start();
  });
  const kept = async () => {
    const answer = await fetch(BASE + url, { headers });
    assert.equal(answer.status, 200);
    return Buffer.from(await answer.arrayBuffer());
  };
  const file = fs.readFileSync(recordings.large);
  await client((accepted) => accepted >= 256 * MIB);
  assert.equal(line.state.cuts, 3);
  const part = await kept();
  assert.ok(part.length >= 256 * MIB && part.length < size, `${part.length} of ${size} bytes are there`);
  assert.equal(digest(part), digest(file.subarray(0, part.length)), 'each byte that was acknowledged is there');

  // The worker does one thing at a time. While it is at another recording, sent by the plain form, this file is not taken.
  const plain = await page.request.post(`/studio/lectures/${busy}/file`, {
    headers: { Origin: BASE },
    multipart: { file: { name: '竖拍.mov', mimeType: 'video/quicktime', buffer: fs.readFileSync(recordings.portrait) } },
  });
  assert.match(plain.url(), /done=recording-sent/);
  const stateOf = async (lecture) => (await (await page.request.get(`/studio/lectures/${lecture}/progress`)).json())[0]?.state;
  for (let i = 0; i < 100 && await stateOf(busy) === 'waiting'; i += 1) await page.waitForTimeout(100);
  assert.equal(await stateOf(busy), 'working');
  await client();
  assert.equal(digest(await kept()), digest(file), 'the whole file is there as it was');
  const most = size + 4 * 32 * MIB;
  assert.ok(line.state.bytes < most, `${line.state.bytes} bytes were sent for ${size}`);
  const stranger = await fetch(BASE + url, { redirect: 'manual' });
  assert.notEqual(stranger.status, 200, 'it is nobody else’s');

  await page.goto(`/studio/lectures/${id}`);
  assert.match(await said(page, ON.recording), new RegExp(`四季\\.mp4[^]* ${Math.floor(size / MIB)} MB`));
  await processed(page);
  assert.match(await said(page, '#recording ~ .meta'), /8 秒[^]*1280 × 720/);
}, { timeout: 300_000 });

journey('what is no film ends with a sentence', PHONE, async (page) => {
  await signIn(page, 'instructor', '/studio');
  const id = await newLecture(page, unique('传错了文件'));
  const files = {
    '讲稿.mp4': '<!doctype html><html><head><title>讲稿</title></head><body><script>alert(1)</script></body></html>',
    '空.mp4': '',
    '列表.mp4': '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n',
  };
  // One that was begun on another day stands in the list, and hinders nothing.
  await page.request.post(`/studio/lectures/${id}/uploads`, {
    headers: { Origin: BASE }, data: { name: '去年.mp4', size: 1_000_000, fingerprint: '' },
  });
  await page.reload();
  const old = page.locator(ON.up, { hasText: '去年.mp4' });
  assert.match(await old.innerText(), /没有传完，选同一个文件就从断点接着传/);
  await page.setInputFiles(ON.pick, Object.entries(files).map(([name, text]) => ({ name, mimeType: 'video/mp4', buffer: Buffer.from(text) })));
  // Nothing is sent of a file without a byte; of the others the server sees what they are.
  await page.locator('[data-problem]', { hasText: '空.mp4: 这个文件是空的' }).waitFor({ timeout: 30_000 });
  for (const name of Object.keys(files).filter((one) => one !== '空.mp4')) {
    const item = page.locator(ON.recording, { hasText: name });
    await item.locator('.note--bad').waitFor({ timeout: 60_000 });
    assert.match(await item.locator('.note--bad').innerText(), /没有处理成\s+\S.{7}/, name);
  }
  assert.doesNotMatch(await said(page, 'body'), DISCLOSED);
  assert.ok(await page.locator(ON.submit).isDisabled());
  await isSound(page);
  await old.locator('[data-end]').click();
  await old.waitFor({ state: 'detached' });
  await page.reload();
  assert.equal(await old.count(), 0, 'it is gone for good');
}, { timeout: 240_000, excused: /422 .*\/uploads$/ });

/** Presses the lecture in the reviewers' list: the oldest stand first, this one may be on a later page. */
async function pressWaiting(reviewer) {
  const row = `main a.row__title[href="/review/${told.id}"]`;
  while (await reviewer.locator(row).count() === 0) await press(reviewer, '.pager [rel=next]');
  await press(reviewer, row);
}

journey('two reviewers look at it: one returns it at a second, both pass it', DESK, async (page, open) => {
  const [second, instructor, visitor] = [await open(), await open({ width: PHONE }), await open({ width: PHONE })];
  const address = `/lectures/${told.id}`;
  const look = async (reviewer) => {
    await reviewer.goto('/review');
    await pressWaiting(reviewer);
  };
  const pass = async (reviewer) => {
    await look(reviewer);
    await reviewer.check(`${ON.verdict} input[value=passed]`);
    await press(reviewer, `${ON.verdict} ${ON.go.replace('main ', '')}`);
    assert.equal(path(reviewer), '/review', await said(reviewer));
  };
  await signIn(page, 'reviewer1', '/review');
  await look(page);
  await page.$eval('main video', (video) => { video.muted = true; return video.play(); });
  await page.waitForFunction(() => document.querySelector('main video').currentTime >= 3);
  await page.click(`${ON.verdict} [data-pin]`);
  const pinned = page.locator(`${ON.verdict} .remarkrow`).first();
  assert.equal(await pinned.locator('[name=at]').inputValue(), '0:03');
  assert.ok(await playing(page, 'paused', 'main video'), 'it waits while one writes');
  await page.keyboard.insertText('“红线”前面要说是哪一条');
  await isSound(page);
  await page.check(`${ON.verdict} input[value=returned]`);
  await press(page, `${ON.verdict} ${ON.go.replace('main ', '')}`);
  assert.match(await said(page, 'body'), /已退回/);
  assert.equal(await page.locator(`a[href="/review/${told.id}"]`).count(), 0, 'it is not waiting any more');

  await signIn(instructor, 'instructor', `/studio/lectures/${told.id}`);
  assert.match(await said(instructor, ON.judged), /退回修改[^]*0:03[^]*“红线”前面要说是哪一条/);
  await instructor.click(`${ON.judged} [data-seek]`);
  await instructor.waitForFunction(() => Math.abs(document.querySelector('main video').currentTime - 3.5) < 1);
  await press(instructor, ON.captions);
  await instructor.locator(`${ON.row} input[name=text]`).nth(1).fill('下面那条红线以下放心，以上报告。');
  await press(instructor, '#captions [type=submit]');
  await instructor.goto(`/studio/lectures/${told.id}`);
  await press(instructor, ON.submit);

  await pass(page);
  await look(page);
  assert.equal(await page.locator(ON.verdict).count(), 0, 'nobody passes it twice');
  assert.equal((await visitor.goto(address)).status(), 404, 'one is not enough');
  await signIn(second, 'reviewer2', '/review');
  await pass(second);
  assert.match(await said(second, 'body'), /这堂课已发布/);

  assert.equal((await visitor.goto(address)).status(), 200);
  assert.equal((await said(visitor, 'main h1')).trim(), told.title);
  assert.match(await said(visitor, 'main .script'), /下面那条红线以下放心/);
  assert.equal(await visitor.locator('main .chap').count(), 2);
  const poster = await visitor.request.get(`${address}/poster.jpg`);
  assert.deepEqual([poster.status(), poster.headers()['content-type']], [200, 'image/jpeg']);
  await visitor.click(ON.start);
  await visitor.waitForFunction((what) => document.querySelector(what).currentTime > 1, ON.video);
  await visitor.goto('/lectures');
  assert.ok(await visitor.locator(`main a[href="${address}"]`).count(), 'it is the newest of the list');
}, { timeout: 180_000 });

journey('a member watches it, here and on another device, and the server counts', DESK, async (page, open) => {
  const answers = [];
  const wire = (one) => one.on('response', async (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/watch/') || response.request().method() !== 'POST') return;
    answers.push({ on: one === page ? 1 : 2, pathname, status: response.status(), ...await response.json().catch(() => ({})) });
  });
  // The newest answer to a beat. The page may have shown it before its body has come to this test: `isIt` says which one is meant.
  const answer = async (on, state, isIt = () => true) => {
    for (let i = 0; i < 100; i += 1) {
      const found = answers.filter((one) => one.on === on && one.pathname === '/watch/beat').at(-1);
      if (found?.state === state && isIt(found)) return found;
      await page.waitForTimeout(100);
    }
    throw new Error(`no beat was answered “${state}” as expected: ${JSON.stringify(answers)}`);
  };
  const address = `/lectures/${told.id}`;
  wire(page);
  await signIn(page, 'member', address);
  assert.match(await said(page, ON.credit), /服务器已记 0 秒，共 14 秒（0%），到 80% 算学完/);
  await page.click(ON.start);
  await page.waitForFunction((what) => document.querySelector(what).currentTime > 0.5, ON.video);
  assert.match(await playing(page, 'currentSrc'), /^blob:/, 'hls.js plays');

  // To the end at once: what was not played is not counted.
  await page.locator(ON.seek).evaluate((bar) => {
    bar.value = bar.max;
    for (const name of ['input', 'change']) bar.dispatchEvent(new Event(name, { bubbles: true }));
  });
  await page.waitForFunction((what) => document.querySelector(what).ended, ON.video);
  await page.waitForTimeout(1_000);
  const first = await answer(1, 'ok');
  assert.ok(!first.completed && first.share < 30, JSON.stringify(first));
  assert.doesNotMatch(await said(page, ON.credit), /已学完/);

  // From the beginning at double speed, and held in the middle.
  await page.selectOption(ON.speed, '2');
  await page.locator(ON.seek).focus();
  await page.keyboard.press('0');
  await page.waitForFunction((what) => !document.querySelector(what).seeking, ON.video);
  await page.click(ON.play);
  await holdAt(page, 6);
  const place = await playing(page, 'currentTime');
  await page.waitForFunction(([line, seconds]) => Number(document.querySelector(line).textContent.match(/已记 (\d+) 秒/)[1]) >= seconds, [ON.credit, 5]);
  const middle = await answer(1, 'ok', ({ credited_s: credited }) => credited >= 5);
  assert.ok(middle.credited_s > first.credited_s && !middle.completed, `${first.credited_s}, then ${middle.credited_s}`);
  const shares = await page.$$eval(ON.credited, (all) => all.map((one) => parseFloat(one.getAttribute('width'))));
  assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 100 * middle.credited_s / SECONDS) < 1, `the bar shows ${shares}%`);
  await isSound(page);

  const other = await open({ width: PHONE });
  wire(other);
  await signIn(other, 'member', address);
  assert.match(await said(other, ON.say), new RegExp(`从上次看到的 0:0${Math.floor(place)} 接着放`));
  await other.click(ON.start);
  await other.waitForFunction(([what, at]) => {
    const video = document.querySelector(what);
    return video.currentTime > at && video.played.length > 0; // the browser enters what was played later than the time moves
  }, [ON.video, place]);
  const began = await other.$eval(ON.video, (video) => video.played.start(0));
  assert.ok(Math.abs(began - place) < 1, `it goes on at ${began}, it was left at ${place}`);
  await page.click(ON.play);
  await page.waitForTimeout(600);
  await page.click(ON.play);
  await page.locator(ON.say, { hasText: '正在另一台设备或窗口看课' }).waitFor();
  assert.ok(await playing(page, 'paused'));
  await answer(1, 'taken_over');
  await other.$eval(ON.video, (video) => video.pause());
  await answer(2, 'ok');

  // Taken over again, to the end.
  await page.click(ON.act);
  await page.locator(ON.credit, { hasText: '已学完' }).waitFor({ timeout: 20_000 });
  const last = await answer(1, 'ok', ({ completed }) => completed);
  assert.ok(last.share >= 80, JSON.stringify(last));
  await page.reload();
  assert.match(await said(page, ON.credit), new RegExp(`已学完[^]*服务器已记 ${last.credited_s} 秒`), 'the server says it too');
  assert.ok(answers.every(({ status }) => status === 200), JSON.stringify(answers));
  await isSound(page);
}, { timeout: 180_000 });

journey('it is watched without JavaScript', PHONE, async (page) => {
  const address = `/lectures/${told.id}`;
  await signIn(page, 'member2', address);
  assert.equal(await page.locator(`${ON.video}[controls] source[src$="/video.mp4"]`).count(), 1);
  const start = 'main form[action="/watch/start"] button';
  const finish = 'main form[action="/watch/finish"] button';
  const credited = async () => Number((await said(page, ON.credit)).match(/已记 (\d+) 秒/)[1]);
  await press(page, start);
  assert.match(await said(page, 'body'), /开始时间已记下/);
  await press(page, finish);
  assert.equal(path(page), address);
  assert.doesNotMatch(await said(page, ON.credit), /已学完/, 'at once: nothing');
  assert.ok(await credited() < 6);
  await press(page, start);
  await page.waitForTimeout(SECONDS * 500);
  await press(page, finish);
  assert.match(await said(page, ON.credit), /已学完/);
  assert.deepEqual(await sizes(page), []);
}, { javaScriptEnabled: false });

journey('another recording takes its place, and then it is withdrawn', DESK, async (page, open) => {
  const address = `/lectures/${told.id}`;
  const visitor = await open({ width: PHONE });
  await signIn(page, 'instructor', `/studio/lectures/${told.id}`);
  await page.setInputFiles(ON.pick, recordings.small);
  await page.locator(`${ON.up} [data-state]`, { hasText: '已传完' }).waitFor();
  await page.locator(ON.recording).nth(1).waitFor({ timeout: 20_000 });
  await processed(page);
  assert.match(await said(page, '#recording ~ .meta'), /6 秒[^]*新录像/);
  assert.ok(await page.locator(ON.submit).isDisabled(), 'it has no captions yet');
  await press(page, 'main form[action$="/captions/copy"] button');
  assert.equal(await page.locator(`${ON.row} input[name=text]`).evaluateAll((all) => all.filter((one) => one.value).length), 2, 'what lies past its end is left out');
  await page.goto(`/studio/lectures/${told.id}`);
  await press(page, ON.submit);
  const length = async () => {
    assert.equal((await visitor.goto(address)).status(), 200);
    return (await said(visitor, 'main .mediahead .meta')).match(/\d+ 秒/)[0];
  };
  assert.equal(await length(), '14 秒', 'the old one stays until the new one is passed');
  for (const name of ['reviewer1', 'reviewer2']) {
    const reviewer = await open();
    await signIn(reviewer, name, '/review');
    await pressWaiting(reviewer);
    assert.match(await said(reviewer), /换录像/);
    await reviewer.check(`${ON.verdict} input[value=passed]`);
    await press(reviewer, `${ON.verdict} ${ON.go.replace('main ', '')}`);
    assert.equal(path(reviewer), '/review', await said(reviewer));
  }
  assert.equal(await length(), '6 秒', 'at the same address');
  assert.equal((await said(visitor, 'main h1')).trim(), told.title);
  await visitor.click(ON.start);
  await visitor.waitForFunction((what) => document.querySelector(what).currentTime > 1, ON.video);
  await visitor.goto('about:blank');

  await page.reload();
  await press(page, 'main form[action$="/withdraw"] button');
  assert.equal(await page.locator('main .field--bad input[name=reason]').count(), 1, 'a reason is asked for');
  await page.fill('main input[name=reason]', '水尺换了新的，重讲。');
  await press(page, 'main form[action$="/withdraw"] button');
  const gone = await visitor.goto(address);
  assert.equal(gone.status(), 410);
  assert.match(await said(visitor), /这堂课已下架[^]*水尺换了新的，重讲。/);
  for (const file of ['video.mp4', 'audio.m4a', 'master.m3u8', 'poster.jpg', 'captions.vtt']) {
    const { status } = await visitor.request.get(`${address}/${file}`).then((answer) => ({ status: answer.status() }));
    assert.ok(status === 410 || status === 404, `${file}: ${status}`);
  }
  await isSound(visitor);
  await isSound(page);
}, { timeout: 180_000 });
