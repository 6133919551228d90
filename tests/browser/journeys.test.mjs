// What people come to do, from the first page to the last, on a phone or at a desk. Run by tests/run on a demonstration
// city of its own; every journey leaves the city usable for the others.
import assert from 'node:assert/strict';
import { DESK, PHONE, fillSignIn, signIn } from './browser.mjs';
import { journey, path, said, signOut, unique } from './journey.mjs';

/** Where things are on the pages. */
const ON = {
  filters: 'main details:has(select[name=topic])',
  topic: 'main select[name=topic]:visible',
  card: 'main .lesson__t a',
  video: '#player video',
  audio: '#player audio',
  track: '#player video track[kind=captions]',
  controls: '#player .player__ctl',
  start: '#player [data-do=start]',
  listen: '#player [data-do=audio]',
  listening: '#player .player__listen',
  speed: '#player [data-do=speed]',
  chapter: 'main .chap',
  line: 'main .script p',
  lineNow: 'main .script p.is-now',
  lineLink: 'a[data-ms]',
  question: 'main form[action$="/questions"]',
  asked: 'main .question',
  elderOn: 'header button[name=mode][value=elder]',
  elderOff: 'header button[name=mode][value=standard]',
  dark: 'footer button[name=theme][value=dark]',
  english: 'footer button[name=lang][value=en]',
  chinese: 'footer button[name=lang][value="zh-CN"]',
  personLink: 'a.row__title[href^="/people/"]',
  personRow: 'main .rows > li',
  personSearch: 'main form[action="/people"]',
  code: 'main form[action$="/code"] button',
  slip: 'main .slip',
  slipCode: 'main .slip__code',
  act: 'main form[action$="/acting"] button',
  banner: '.acting',
  actEnd: '.acting form[action="/acting/end"] button',
  record: 'main table tbody tr',
  booklet: 'main .book',
  next: 'main a[rel=next]',
};

const now = (page, selector = ON.video) => page.$eval(selector, (media) => media.currentTime);

/** Waits until the medium has gone on by `seconds` from where it is. */
async function plays(page, selector, seconds = 1) {
  const from = await now(page, selector);
  await page.waitForFunction(([what, until]) => document.querySelector(what).currentTime >= until, [selector, from + seconds]);
}

async function ask(page, text) {
  await page.fill(`${ON.question} textarea[name=text]`, text);
  await page.click(`${ON.question} button[type=submit]`);
  await page.waitForLoadState();
}

async function sees(page, text) {
  await page.locator(ON.asked, { hasText: text }).waitFor();
}

/** Name and member number of who is signed in, from the account's own page. */
async function whoAmI(page) {
  await page.goto('/account');
  return (await said(page, 'main h1')).trim();
}

journey('a visitor finds a lecture by topic and watches it', PHONE, async (page) => {
  const ranges = [];
  page.on('response', (response) => {
    if (response.url().endsWith('/video.mp4')) ranges.push(response.status());
  });
  await page.goto('/');
  await page.locator('nav.tabbar a[href="/lectures"]').click();
  if (!await page.locator(ON.topic).count()) await page.locator(`${ON.filters} summary`).click();
  await page.selectOption(ON.topic, 'rescue');
  await page.locator('main form:has(select[name=topic]) button[type=submit]:visible').click();
  await page.waitForURL(/topic=rescue/);
  assert.equal(await page.locator(ON.topic).first().inputValue(), 'rescue', 'the filter stays as chosen');
  const title = (await page.locator(ON.card).first().innerText()).trim();
  await page.locator(ON.card).first().click();
  await page.waitForURL(/\/lectures\/\d+/);
  assert.equal((await said(page, 'main h1')).trim(), title);
  assert.ok(await page.locator('main a[href="/lectures?topic=rescue"]').count(), 'the lecture says its topic');

  await page.locator(ON.controls).waitFor();
  await page.click(ON.start);
  await plays(page, ON.video, 1);

  const { duration, source } = await page.$eval(ON.video, (video) => ({ duration: video.duration, source: video.currentSrc }));
  assert.ok(duration > 10, `the video lasts ${duration} s`);
  await page.$eval(ON.video, (video) => { video.currentTime = video.duration / 2; });
  await page.waitForFunction((what) => !document.querySelector(what).seeking, ON.video);
  assert.ok(Math.abs(await now(page) - duration / 2) < 5, 'it goes on from the middle');
  await plays(page, ON.video, 0.5);
  // The stable address may lead to one that is signed and short-lived.
  assert.ok(ranges.includes(206) && ranges.every((status) => status === 206 || status === 302), `the recording was answered ${ranges}`);
  const part = await page.request.get(source, { headers: { range: 'bytes=1000-1999' } });
  assert.deepEqual([part.status(), (await part.body()).length], [206, 1000]);
  assert.match(part.headers()['content-range'], /^bytes 1000-1999\/\d+$/);

  const cues = await page.waitForFunction((what) => document.querySelector(what).track.cues?.length, ON.track);
  assert.ok(await cues.jsonValue() > 0, 'there are captions');
  assert.equal(await page.$eval(ON.track, (track) => track.track.mode), 'showing', 'captions are on');

  const chapter = page.locator(ON.chapter).nth(1);
  const start = Number(await chapter.getAttribute('data-ms')) / 1000;
  assert.ok(start > 0 && start < duration, `the second chapter begins at ${start}`);
  await chapter.click();
  await page.waitForFunction(([what, at]) => Math.abs(document.querySelector(what).currentTime - at) < 3, [ON.video, start]);
  await plays(page, ON.video, 0.3);
  assert.ok(!page.url().includes('t='), 'the page was not loaded again');

  // The line of this moment is marked in the transcript, and another one later.
  const isMarked = ([line, what]) => {
    const at = document.querySelector(what).currentTime * 1000;
    const marked = [...document.querySelectorAll(`${line}.is-now`)];
    return marked.length === 1 && Number(marked[0].dataset.ms) <= at + 300 && at <= Number(marked[0].dataset.end) + 300;
  };
  await page.waitForFunction(isMarked, [ON.line, ON.video]);
  const first = await said(page, ON.lineNow);
  await page.locator(ON.line).last().locator(ON.lineLink).click();
  await page.waitForFunction(([line, before]) => {
    const marked = document.querySelector(line);
    return marked && marked.innerText !== before;
  }, [ON.lineNow, first]);

  await page.selectOption(ON.speed, '1.5');
  assert.equal(await page.$eval(ON.video, (video) => video.playbackRate), 1.5);
  await chapter.click();
  await plays(page, ON.video, 0.3);
  await page.click(ON.listen);
  await page.locator(ON.audio).waitFor({ state: 'attached' });
  await page.locator(ON.listening).waitFor();
  const boxes = await Promise.all([ON.video, ON.listening].map((what) => page.locator(what).boundingBox()));
  assert.deepEqual(boxes[1], boxes[0], 'the picture is covered');
  await plays(page, ON.audio, 0.5);
  assert.ok(await now(page, ON.audio) >= start - 1, 'the sound goes on where the picture was');
});

journey('a lecture and a form work without JavaScript', DESK, async (page) => {
  await page.goto('/lectures/1');
  assert.equal(await page.locator(`${ON.video}[controls]`).count(), 1);
  assert.ok(await page.locator(ON.controls).isHidden(), 'no button is shown that does nothing');
  const track = await page.request.get(await page.locator(ON.track).getAttribute('src'));
  assert.equal(track.status(), 200);
  assert.match(await track.text(), /^WEBVTT\n[^]* --> /);
  assert.ok(await page.locator(ON.line).count() > 1, 'the transcript is there');
  const chapter = page.locator(ON.chapter).nth(1);
  const second = Math.floor(Number(await chapter.getAttribute('data-ms')) / 1000);
  await chapter.click();
  await page.waitForLoadState();
  assert.match(await page.locator(`${ON.video} source`).getAttribute('src'), new RegExp(`#t=${second}$`), 'the page begins there');

  await page.locator('footer a[href^="/feedback"]').click();
  await page.check('main input[name=kind][value=suggestion]');
  await page.click('main form[action="/feedback"] button[type=submit]');
  await page.waitForLoadState();
  assert.equal(await page.locator('main .field--bad textarea[name=text]').count(), 1, 'an empty suggestion is refused beside its field');
  assert.ok(await page.isChecked('main input[name=kind][value=suggestion]'), 'what was chosen is kept');
  await page.fill('main textarea[name=text]', unique('字幕可以再大一些'));
  await page.click('main form[action="/feedback"] button[type=submit]');
  await page.waitForURL(/\/feedback\/thanks/);
}, { javaScriptEnabled: false });

journey('长辈版, dark and English are one press away and stay', PHONE, async (page) => {
  const html = (name) => page.locator('html').getAttribute(name);
  await page.goto('/booklets');
  await page.click(ON.elderOn);
  await page.waitForLoadState();
  assert.equal(path(page), '/booklets', 'one stays where one was');
  assert.equal(await html('data-mode'), 'elder');
  await page.locator('main a[href="/booklets/fifty-questions"]').first().click();
  await page.waitForURL('**/booklets/fifty-questions');
  assert.equal(await html('data-mode'), 'elder', 'it stays on the next page');
  await page.click(ON.elderOff);
  await page.waitForLoadState();
  assert.notEqual(await html('data-mode'), 'elder');

  await page.click(ON.dark);
  await page.waitForLoadState();
  assert.equal(await html('data-theme'), 'dark');
  await page.click(ON.english);
  await page.waitForLoadState();
  assert.deepEqual([await html('lang'), await html('data-theme'), path(page)], ['en', 'dark', '/booklets/fifty-questions']);
  await page.goto('/lectures');
  assert.equal(await html('lang'), 'en');
  await page.click(ON.chinese);
  await page.waitForLoadState();
  assert.equal(await html('lang'), 'zh-CN');
}, { javaScriptEnabled: false });

journey('a member signs in, asks a question and signs out', DESK, async (page) => {
  await page.goto('/lectures/1');
  await page.getByLabel('向讲师提问').locator('a[href^="/sign-in?next="]').click();
  await page.waitForURL(/\/sign-in/);
  await fillSignIn(page, 'member', 'not-the-password');
  assert.equal(path(page), '/sign-in');
  assert.equal(await page.locator('main [role=alert]').count(), 1, 'a wrong password is said');
  assert.equal(await page.inputValue('main input[name=name]'), 'member', 'the name is kept');
  await fillSignIn(page, 'member');
  assert.equal(path(page), '/lectures/1', 'back where the member came from');
  const text = unique('渠口水尺多久校一次？');
  await ask(page, text);
  assert.equal(path(page), '/lectures/1');
  await sees(page, text);
  assert.equal(await page.locator(ON.asked, { hasText: text }).count(), 1);
  await signOut(page);
  await page.goto('/account');
  assert.equal(path(page), '/sign-in', 'the account is closed again');
});

journey('a session that ends while one writes loses nothing', PHONE, async (page) => {
  await signIn(page, 'member2', '/lectures/1');
  assert.equal(path(page), '/lectures/1');
  const text = unique('写到一半登录过期了，“引号”和 <尖括号> 也要留着');
  await page.fill(`${ON.question} textarea[name=text]`, text);
  await page.context().clearCookies();
  await page.click(`${ON.question} button[type=submit]`);
  await page.waitForLoadState();
  assert.match(await said(page, 'main [role=alert]'), /内容还在/);
  await fillSignIn(page, 'member2');
  assert.ok((await said(page)).includes(text), 'what was typed is shown before it is sent');
  await page.getByRole('button', { name: '继续提交' }).click();
  await page.waitForURL(/\/lectures\/1/);
  await sees(page, text);
});

journey('a secretary prints a one-time code, and the member comes in with it', DESK, async (page, open) => {
  await signIn(page, 'secretary', '/people');
  assert.equal(path(page), '/people');
  const row = page.locator(ON.personRow).filter({ hasNot: page.locator('.tag--done') }).first();
  const name = (await row.locator(ON.personLink).innerText()).trim();
  await page.fill(`${ON.personSearch} input[name=name]`, name);
  await page.click(`${ON.personSearch} button[type=submit]`);
  await page.waitForURL(/name=/);
  await page.locator(ON.personLink, { hasText: name }).first().click();
  await page.waitForURL(/\/people\/\d+/);
  await page.click(ON.code);
  await page.waitForLoadState();
  const code = (await said(page, ON.slipCode)).trim();
  const account = (await said(page, `${ON.slip} dd`)).trim();
  assert.ok(code.length >= 8 && account, `the slip says ${account} ${code}`);

  const fresh = await open({ width: PHONE });
  const activate = async (own) => {
    await own.goto('/activate');
    await own.fill('main input[name=name]', account);
    await own.fill('main input[name=code]', ` ${code.toLowerCase()} `);
    await own.fill('main input[name=password]', 'shui-chi-2019');
    await own.fill('main input[name=again]', 'shui-chi-2019');
    await own.click('main form[action="/activate"] button[type=submit]');
    await own.waitForLoadState();
  };
  await activate(fresh);
  assert.notEqual(path(fresh), '/activate', await said(fresh));
  assert.equal(await whoAmI(fresh), name, 'signed in as the member');
  const again = await open({ width: PHONE });
  await activate(again);
  assert.equal(path(again), '/activate', 'a code works once');
  assert.equal(await again.locator('main [role=alert]').count(), 1);
  await signOut(fresh);
  await fresh.goto('/sign-in');
  await fillSignIn(fresh, account, 'shui-chi-2019');
  assert.equal(await whoAmI(fresh), name, 'the new password works');
});

journey('an administrator reads who did what', DESK, async (page, open) => {
  const desk = await open();
  await signIn(desk, 'clerk', '/people');
  await desk.locator(ON.personLink).first().click();
  await desk.waitForURL(/\/people\/\d+/);
  const person = path(desk).split('/').pop();
  const clerk = await whoAmI(desk);

  await signIn(page, 'admin', '/admin');
  await page.locator('main a[href="/admin/audit"]').first().click();
  await page.waitForURL(/\/admin\/audit/);
  assert.ok(await page.locator(ON.record).count() > 1);
  await page.selectOption('main select[name=action]', 'person_seen');
  await page.locator('main form[action="/admin/audit"] button[type=submit]').click();
  await page.waitForURL(/action=person_seen/);
  const rows = await page.locator(ON.record).allInnerTexts();
  assert.ok(rows.length && rows.every((row) => row.includes('查看人员信息')), 'the filter holds');
  assert.ok(rows[0].includes(clerk), `the newest is the clerk's: ${rows[0]}`);
  assert.ok(await page.locator(ON.record).first().locator('td', { hasText: new RegExp(`\\b${person}\\b`) }).count(), 'and says about whom');
});

journey('a booklet opens where the member stopped', DESK, async (page) => {
  await signIn(page, 'member', '/booklets');
  await page.locator('main a[href="/booklets/fifty-questions"]').first().click();
  await page.waitForURL('**/booklets/fifty-questions');
  await page.locator('main .btn--go').first().click();
  await page.waitForURL(/\/fifty-questions\/\d+$/);
  const from = Number(path(page).split('/').pop());
  await page.locator(ON.next).click();
  await page.waitForURL(`**/booklets/fifty-questions/${from + 1}`);
  await page.goto('/booklets');
  const book = await page.locator(ON.booklet).filter({ has: page.locator('a[href="/booklets/fifty-questions"]') }).innerText();
  assert.match(book, new RegExp(`读到第 ${from + 1} 章`));
  await page.goto('/booklets/fifty-questions');
  await page.locator('main .btn--go').first().click();
  await page.waitForURL(`**/booklets/fifty-questions/${from + 1}`);
});

journey('a clerk acts for a member, and the member sees it', PHONE, async (page, open) => {
  const own = await open();
  await signIn(own, 'member');
  const name = await whoAmI(own);
  const number = (await said(own, 'main .meta')).match(/党员编号\s*(\S+)/)[1];

  await signIn(page, 'clerk', '/people');
  await page.fill(`${ON.personSearch} input[name=name]`, number);
  await page.click(`${ON.personSearch} button[type=submit]`);
  await page.waitForURL(/name=/);
  const clerk = await whoAmI(page);
  await page.goBack();
  await page.locator(ON.personLink).first().click();
  await page.waitForURL(/\/people\/\d+/);
  assert.equal((await said(page, 'main h1')).trim(), name);
  await page.click(ON.act);
  await page.waitForLoadState();
  const banner = await said(page, ON.banner);
  assert.ok(banner.includes(name) && banner.includes(clerk), banner);
  await page.goto('/lectures/2');
  assert.ok((await said(page, ON.banner)).includes(name), 'the banner is on every page');
  const text = unique('代问：放水前要通知哪些人？');
  await ask(page, text);
  await sees(page, text);
  await page.click(ON.actEnd);
  await page.waitForLoadState();
  await page.goto('/');
  assert.equal(await page.locator(ON.banner).count(), 0);

  await own.goto('/account');
  const rows = await own.locator(ON.record).allInnerTexts();
  for (const what of ['开始代办', '向讲师提问', '结束代办']) {
    assert.ok(rows.some((row) => row.includes(what) && row.includes(clerk)), `the member's record says ${what} by ${clerk}: ${rows.slice(0, 5).join(' | ')}`);
  }
  await own.goto('/lectures/2');
  await own.locator(ON.asked, { hasText: text }).filter({ hasText: '我的提问' }).waitFor();
});

journey('the keyboard reaches the content first', DESK, async (page) => {
  await page.goto('/');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement.matches('a.skip')), 'the skip link has the first focus');
  assert.ok(await page.locator('a.skip').evaluate((e) => e.getBoundingClientRect().bottom > 20), 'and is seen then');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement.closest('main')), 'the next stop is in the content');
});
