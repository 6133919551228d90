// Searching, the settings of the county office with their second person, and the second factor: on a phone and at a desk.
// Run by tests/run like journeys.test.mjs, perhaps beside the others: what is changed here is put back, and the second
// factor is that of an account with which no other test signs in. Wrong codes count for an hour: whoever repeats this file
// more than five times begins a fresh city.
import assert from 'node:assert/strict';
import { DESK, PHONE, fillSignIn, signIn } from './browser.mjs';
import { isSound, journey, path, press, said, signOut } from './journey.mjs';
import { stepNow, telephoneCode } from './totp.mjs';

/** Where things are on the pages. */
const ON = {
  query: 'main input[name=q][type=search]',
  searchButton: 'main form[role=search] button',
  found: '#h-found',
  result: 'main .result',
  resultLink: 'main .result h3 a',
  hit: 'main .hits a',
  filters: 'main aside form:visible',
  filtersClosed: 'main aside details:not([open]) > summary:visible',
  video: '#player video',
  clock: '#player [data-time]',
  start: '#player [data-do=start]',
  elderOn: 'header button[name=mode][value=elder]',
  problem: 'main [role=alert]',
  save: 'main form[action^="/admin/settings/"] .btn--go',
  mark: 'header .brand__mark',
  code: 'main input[name=code]',
  privacy: 'footer a[href="/privacy"]',
};
/** The account whose second factor is set up and turned off again. */
const WITH_FACTOR = 'mobile';

function both(name, go, options = {}) {
  for (const width of [PHONE, DESK]) journey(`${name} · ${width}`, width, (page, open) => go(page, open, width), options);
}

/** Searches with the field of the page. */
async function search(page, words) {
  await page.fill(ON.query, words);
  await press(page, ON.searchButton);
  assert.equal(path(page), '/search');
}

const countOf = async (page) => Number((await said(page, ON.found)).match(/([\d,]+)[^\d]*$/)[1].replace(',', ''));
const queryOf = (page) => new URL(page.url()).searchParams;

both('the keyboard searches, and opens a recording where the word is said', async (page) => {
  await page.goto('/');
  for (const key of ['Tab', 'Enter', 'Tab']) await page.keyboard.press(key);
  assert.ok(await page.locator(ON.query).evaluate((field) => field === document.activeElement), 'the search is the first stop in the content');
  await page.keyboard.insertText('分水');
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  assert.deepEqual([path(page), queryOf(page).get('q')], ['/search', '分水']);
  assert.equal(await page.inputValue(ON.query), '分水', 'the words stay in the field');
  const count = await countOf(page);
  assert.ok(count > 10, `${count} were found`);
  assert.equal(await page.locator(ON.result).count(), 10);
  assert.equal((await page.locator('main .result mark').first().innerText()).trim(), '分水');

  const isOnHit = () => page.evaluate((hit) => document.activeElement.matches(hit), ON.hit);
  for (let i = 0; i < 80 && !await isOnHit(); i += 1) await page.keyboard.press('Tab');
  assert.ok(await isOnHit(), 'a moment of a recording can be reached');
  const line = (await page.evaluate(() => document.activeElement.lastElementChild.textContent)).replace(/^…|…$/g, '').trim();
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  assert.match(page.url(), /\/lectures\/\d+\?t=\d+#player$/);
  const second = Number(queryOf(page).get('t'));
  assert.ok(second > 0);
  const clock = `${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')}`;
  await page.locator(ON.clock, { hasText: `${clock} / ` }).waitFor();
  await page.click(ON.start);
  await page.waitForFunction(([video, at]) => document.querySelector(video).currentTime > at, [ON.video, second]);
  const began = await page.$eval(ON.video, (video) => video.played.start(0));
  assert.ok(Math.abs(began - second) < 1, `it begins at ${began}, not at ${second}`);
  const lines = await page.$$eval('main .script p', (all) => all.map((one) => [Number(one.dataset.ms), one.lastElementChild.textContent]));
  const spoken = lines.find(([ms]) => Math.floor(ms / 1000) === second);
  assert.ok(spoken?.[1].includes(line), `at ${second} s one says “${spoken?.[1]}”, not “${line}”`);

  await page.goBack();
  assert.equal(path(page), '/search');
  assert.equal(await page.inputValue(ON.query), '分水');
  assert.equal(await countOf(page), count);
});

both('finds are filtered by kind, and one goes back', async (page) => {
  await page.goto('/search');
  assert.equal(await page.locator(ON.found).count(), 0, 'nothing was asked yet');
  await search(page, '分水');
  const all = await countOf(page);
  if (await page.locator(ON.filtersClosed).count()) await page.click(ON.filtersClosed);
  const choice = page.locator(ON.filters).locator('label', { has: page.locator('input[value=chapter]') });
  const promised = Number((await choice.locator('.mut').innerText()).replace(',', ''));
  await choice.click();
  await press(page, `${ON.filters} button`);
  assert.deepEqual([queryOf(page).get('q'), queryOf(page).get('kind')], ['分水', 'chapter']);
  assert.equal(await countOf(page), promised, 'as many as the filter said');
  assert.ok(promised < all);
  assert.ok(await page.locator(ON.filters).locator('input[value=chapter]').isChecked(), 'the filter stays as chosen');
  const links = await page.$$eval(ON.resultLink, (found) => found.map((link) => link.getAttribute('href')));
  assert.ok(links.length === promised && links.every((link) => /^\/booklets\/[\w-]+\/\d+$/.test(link)), links.join(' '));
  await page.locator(ON.resultLink).first().click();
  await page.waitForURL('**/booklets/**');
  assert.ok((await said(page)).includes('分水'), 'the chapter says it');
  await page.goBack();
  assert.equal(queryOf(page).get('kind'), 'chapter');
  await press(page, `${ON.filters} a.btn`);
  assert.equal(queryOf(page).has('kind'), false);
  assert.equal(await countOf(page), all, 'without filters as before');
});

both('one searches without JavaScript', async (page) => {
  await page.goto('/');
  await press(page, 'header a[href="/search"]');
  assert.equal(path(page), '/search');
  await search(page, '分水');
  const first = await page.locator(ON.resultLink).first().getAttribute('href');
  await press(page, 'main .pager a[rel=next]');
  assert.deepEqual([queryOf(page).get('q'), queryOf(page).get('page')], ['分水', '2']);
  assert.notEqual(await page.locator(ON.resultLink).first().getAttribute('href'), first);

  await page.goto('/search?q=分水&kind=lecture');
  const hit = page.locator(ON.hit).first();
  const second = (await hit.getAttribute('href')).match(/\?t=(\d+)#player$/)[1];
  await hit.click();
  await page.waitForURL('**/lectures/**');
  assert.match(await page.locator(`${ON.video} source`).getAttribute('src'), new RegExp(`#t=${second}$`), 'the recording begins there');

  await page.goto('/search');
  await search(page, '海市蜃楼');
  assert.equal(await countOf(page), 0);
  assert.ok(await page.locator('main .empty li').count() > 1, 'it says what one can do');
  const long = '水'.repeat(61);
  await search(page, long);
  assert.match(await said(page, ON.problem), /60/);
  assert.equal(await page.inputValue(ON.query), long, 'what was typed is kept');
  assert.equal(await page.locator(`${ON.query}[aria-invalid=true]`).count(), 1);
  await search(page, '<b>"分水"</b> 闸');
  assert.equal(await page.inputValue(ON.query), '<b>"分水"</b> 闸');
  await search(page, '👍');
  assert.equal(await page.locator(ON.problem).count(), 1, 'a sign alone is no word');
}, { javaScriptEnabled: false });

both('one searches in 长辈版', async (page) => {
  await page.goto('/');
  await press(page, ON.elderOn);
  await press(page, 'main a.tile[href="/search"]');
  await search(page, '分水');
  const mode = () => page.locator('html').getAttribute('data-mode');
  assert.equal(await mode(), 'elder');
  assert.ok(await countOf(page) > 10);
  await isSound(page);
  await page.locator(ON.hit).first().click();
  await page.waitForURL(/\/lectures\/\d+\?t=\d+#player$/);
  assert.equal(await mode(), 'elder');
  await page.goBack();
  assert.equal(await page.inputValue(ON.query), '分水');
});

/** The waiting proposal for a setting, on the page of all settings. */
const proposal = (name) => `main li.panel:has(h3 a[href="/admin/settings/${name}"])`;
const NOTICE = proposal('privacy_notice');

async function propose(page, text) {
  await page.goto('/admin/settings/privacy_notice');
  await page.fill('main textarea[name=value]', text);
  await press(page, ON.save);
  assert.equal(path(page), '/admin/settings', await said(page));
}

async function approve(page) {
  await page.goto('/admin/settings');
  await press(page, `${NOTICE} .btn--go`);
  assert.equal(await page.locator(NOTICE).count(), 0);
}

both('an administrator proposes a privacy notice, another person approves it, a visitor reads it', async (page, open, width) => {
  const visitor = await open();
  await visitor.goto('/');
  assert.equal(await visitor.locator(ON.privacy).count(), 0);

  await signIn(page, 'admin', '/admin');
  await press(page, 'main a[href="/admin/settings"]');
  await press(page, 'main a[href="/admin/settings/privacy_notice"]');
  const sentence = `本站保存姓名和党员编号，只用来登录。写于 ${width}。`;
  await propose(page, `## 收集哪些信息\n\n${sentence}\n\n- 查看：到“我的账号”\n- 更正：请支部书记办理\n\n${'不会分行的一长串'.repeat(20)} ${'w'.repeat(200)}`);
  assert.ok((await said(page, NOTICE)).includes(sentence));
  assert.equal(await page.locator(`${NOTICE} .btn--go`).count(), 0, 'nobody approves their own');
  await isSound(page);
  await page.goto('/admin/settings/privacy_notice');
  assert.equal(await page.locator('main textarea').count(), 0, 'nothing else is proposed meanwhile');
  await visitor.goto('/');
  assert.equal(await visitor.locator(ON.privacy).count(), 0, 'a proposal holds for nobody');

  const checker = await open({ manner: { lang: 'en' } });
  await signIn(checker, 'checker', '/admin/settings');
  assert.ok((await said(checker, NOTICE)).includes(sentence));
  await isSound(checker);
  await approve(checker);
  await checker.goto('/admin/settings/privacy_notice');
  assert.equal(await checker.locator('main form').count(), 0, 'who only approves proposes nothing');
  await isSound(checker);

  await visitor.goto('/');
  await press(visitor, ON.privacy);
  assert.ok((await said(visitor)).includes(sentence));
  assert.deepEqual([await visitor.locator('main .prose h2').count(), await visitor.locator('main .prose li').count()], [1, 2]);
  await isSound(visitor);

  await propose(page, '');
  await approve(checker);
  await visitor.goto('/');
  assert.equal(await visitor.locator(ON.privacy).count(), 0, 'it is as before');
  assert.equal((await visitor.request.get('/privacy')).status(), 404);
});

both('a proposal is withdrawn by whoever made it', async (page) => {
  await signIn(page, 'admin', '/admin/settings/second_factor');
  await page.check('main input[name=value][value=required]');
  await press(page, ON.save);
  await press(page, `${proposal('second_factor')} button`);
  assert.equal(await page.locator(proposal('second_factor')).count(), 0);
  await page.goto('/admin/settings/second_factor');
  assert.ok(await page.isChecked('main input[name=value][value=offered]'), 'the rule is as before');
});

both('what was typed into a setting is kept when it is refused', async (page, open) => {
  await signIn(page, 'admin', '/admin/settings/help_phone');
  const before = await page.inputValue('main input[name=value]');
  const long = `${before} "<转>" `.padEnd(81, '0');
  await page.fill('main input[name=value]', long);
  await page.fill('main input[name=valid_from]', '2020-01-31');
  await press(page, ON.save);
  assert.equal(path(page), '/admin/settings/help_phone');
  assert.equal(await page.inputValue('main input[name=value]'), long);
  assert.equal(await page.inputValue('main input[name=valid_from]'), '2020-01-31');
  assert.equal(await page.locator('main .field--bad .input[aria-invalid=true]').count(), 2, 'both are marked');
  assert.ok(await page.locator('main .errsum').evaluate((summary) => summary === document.activeElement), 'the summary is read first');
  await page.click('main .errsum a[href="#f-value"]');
  await page.waitForFunction(() => document.activeElement.name === 'value');
  await isSound(page);
  const visitor = await open();
  await visitor.goto('/');
  assert.ok((await said(visitor, 'footer')).includes(before), 'nothing was changed');
});

both('the longest setting without a space breaks no page', async (page, open) => {
  const set = async (name, value) => {
    await page.goto(`/admin/settings/${name}`);
    await page.fill('main input[name=value]', value);
    await press(page, ON.save);
    assert.equal(path(page), '/admin/settings', await said(page));
  };
  await signIn(page, 'admin', '/admin/settings/city');
  const city = await page.inputValue('main input[name=value]');
  const long = 'W'.repeat(80);
  await set('city', long);
  await set('police_number', long);
  await isSound(page);
  await page.goto('/admin/settings/police_number');
  await isSound(page);
  const visitor = await open();
  await visitor.goto('/');
  assert.ok((await said(visitor, 'footer')).includes(long));
  await isSound(visitor);
  await set('police_number', '');
  await set('city', city);
  await visitor.goto('/');
  assert.ok(!(await said(visitor, 'body')).includes(long), 'it is as before');
});

both('a logo is uploaded without JavaScript, and taken away again', async (page, open) => {
  await signIn(page, 'admin', '/admin/settings/logo');
  const picture = await page.locator(ON.mark).screenshot();
  await page.setInputFiles('main input[type=file]', { name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('<svg/>') });
  await press(page, ON.save);
  assert.equal(await page.locator('main .field--bad input[type=file][aria-describedby=e-value]').count(), 1, 'what is no picture is refused');
  await page.setInputFiles('main input[type=file]', { name: 'logo.png', mimeType: 'image/png', buffer: picture });
  await press(page, ON.save);
  assert.equal(path(page), '/admin/settings', await said(page));

  const visitor = await open();
  await visitor.goto('/');
  const source = await visitor.locator(ON.mark).getAttribute('src');
  assert.match(source, /^\/logo\/\w+$/);
  const answer = await visitor.request.get(source);
  assert.deepEqual([answer.status(), answer.headers()['content-type']], [200, 'image/png']);
  assert.ok((await answer.body()).equals(picture));

  await page.goto('/admin/settings/logo');
  assert.equal(await page.locator('main img').getAttribute('src'), source);
  await press(page, 'main button[name=remove]');
  await visitor.goto('/');
  assert.match(await visitor.locator(ON.mark).getAttribute('src'), /^\/static\/mark/);
}, { javaScriptEnabled: false });

both('a member sets up a second factor, signs in with it and turns it off', async (page, open, width) => {
  const send = async (own, code, form = 'main form') => {
    await own.locator(form).locator('input[name=code]').fill(code);
    await press(own, `${form} button`);
  };
  await signIn(page, WITH_FACTOR);
  await press(page, 'main a[href="/account/factor"]');
  const key = (await said(page, 'main .qr__key')).replace(/\s/g, '');
  assert.match(key, /^[A-Z2-7]{32}$/);
  assert.equal(await page.locator('main .qr__pic[role=img] svg').count(), 1);
  await send(page, '12345');
  assert.equal(await page.locator(ON.problem).count(), 1, 'a wrong code is refused');
  assert.equal((await said(page, 'main .qr__key')).replace(/\s/g, ''), key, 'and the key stays: it is on the telephone already');
  await isSound(page);
  let step = stepNow();
  await send(page, telephoneCode(key, step));
  const codes = await page.locator('main .slip__codes code').allInnerTexts();
  assert.equal(new Set(codes).size, 10, await said(page));
  assert.ok(await page.locator('main [data-print]').isVisible());
  await isSound(page);
  await press(page, 'main .btns a');
  assert.equal(path(page), '/account');
  await press(page, 'main a[href="/account/factor"]');
  assert.match(await said(page), /\b10\b/);
  await isSound(page);
  await signOut(page);

  // Elsewhere, in English. The other width is looked at by the other journey.
  const other = await open({ width, manner: { lang: 'en' } });
  const enter = async (next = '/account') => {
    await other.goto(`/sign-in?next=${next}`);
    await fillSignIn(other, WITH_FACTOR);
    await other.locator(ON.code).waitFor();
  };
  await enter('/booklets');
  assert.match((await other.request.get('/account')).url(), /\/sign-in/, 'the password alone opens nothing');
  await isSound(other);
  await send(other, telephoneCode(key, step));
  assert.equal(await other.locator(ON.problem).count(), 1, 'a used code is refused');
  await isSound(other);
  step = Math.max(step + 1, stepNow());
  await send(other, ` ${telephoneCode(key, step).replace(/^.../, '$& ')} `);
  assert.equal(path(other), '/booklets', 'where the member was going');
  await signOut(other);

  await enter();
  await send(other, codes[0].toLowerCase().replace('-', ' '));
  assert.equal(path(other), '/account', 'a recovery code is as good');
  await signOut(other);
  await enter();
  await send(other, codes[0]);
  assert.equal(await other.locator(ON.problem).count(), 1, 'once');
  await send(other, codes[1]);
  assert.equal(path(other), '/account');

  await other.goto('/account/factor');
  assert.match(await said(other), /\b8\b/);
  const off = 'main form[action="/account/factor/off"]';
  await send(other, '000000', off);
  assert.equal(await other.locator(ON.problem).count(), 1);
  await isSound(other);
  await send(other, codes[2], off);
  assert.equal(path(other), '/account');
  await signOut(other);
  await signIn(other, WITH_FACTOR);
  assert.equal(path(other), '/account', 'the password is enough again');
});
