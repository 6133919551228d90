// A visit of a guidance group, recorded on a phone where there is no network: kept, found again when the page is opened anew, sent
// once when the network is back. And the same form without JavaScript. Run by tests/run like journeys.test.mjs; CITY_DB is the
// city's database.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { DESK, PHONE, signIn } from './browser.mjs';
import { isSound, journey, path, press, said, signOut, unique } from './journey.mjs';

const { CITY_DB } = process.env;
const ask = (sql) => execFileSync('sqlite3', ['-cmd', '.timeout 15000', CITY_DB, sql], { encoding: 'utf8' }).trim();
const count = (text) => Number(ask(`SELECT COUNT(*) FROM guidance_visit_texts WHERE good = '${text}'`));

/** The console says of each request that the network is away; the page is asked for its own status. */
const offline = /ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_FAILED/;

/** Signs in as a guide and opens the form of the own group. */
async function openForm(page) {
  await signIn(page, 'guide', '/guidance');
  await press(page, 'main .btns a[href^="/guidance/visit/"]');
}

/** Fills in what a visit needs, at the first organisation of the list. */
async function fill(page, good) {
  const org = await page.locator('#f-org option').nth(1).getAttribute('value');
  await page.selectOption('#f-org', org);
  for (const box of await page.locator('input[name=member]').all()) await box.check();
  await page.check('input[name=announced][value=no]');
  await page.fill('#f-text1', '签到表没有写日期');
  await page.selectOption('#f-category1', 'records');
  await page.selectOption('#f-severity1', 'mend');
  await page.fill('#f-good', good);
}

journey('a visit is recorded without a network, and is there once when it is back', PHONE, async (page) => {
  const good = unique('离线记下的好做法');
  await openForm(page);
  await page.waitForFunction(() => document.body.dataset.kept === 'yes');
  await isSound(page);
  const context = page.context();
  await context.setOffline(true);
  await page.reload();
  await page.waitForSelector('[data-visit]');
  await fill(page, good);
  await page.waitForFunction(() => !document.querySelector('[data-state]').hidden);
  // The telephone rang, the page is opened anew: what was typed is there.
  await page.reload();
  assert.equal(await page.inputValue('#f-good'), good);
  assert.equal(await page.inputValue('#f-text1'), '签到表没有写日期');
  await page.click('[data-visit] button[type=submit]');
  await page.waitForSelector('main [data-kept] .panel');
  assert.match(await said(page, 'main [data-kept]'), /没有网络/);
  assert.equal(await page.inputValue('#f-good'), '', 'ready for the next one');
  await page.reload();
  await page.waitForSelector('main [data-kept] .panel');
  assert.equal(count(good), 0);
  await context.setOffline(false);
  await page.waitForSelector('main [data-kept] .note--done', { timeout: 40_000 });
  assert.match(await said(page, 'main [data-kept]'), /已收到/);
  assert.equal(count(good), 1);
  await isSound(page);
  await press(page, 'main [data-kept] .note--done a');
  assert.match(path(page), /^\/guidance\/visits\/\d+$/);
  assert.match(await said(page), new RegExp(good));
  await page.goBack();
  await page.reload();
  await page.waitForTimeout(1_000);
  assert.equal(count(good), 1, 'sent once');
  assert.equal(await page.locator('main [data-kept] .panel').count(), 0);
  await signOut(page);
}, { timeout: 180_000, excused: offline });

journey('a record that is refused keeps what was typed, and signing out takes along what is kept', PHONE, async (page) => {
  await openForm(page);
  await fill(page, unique('没有收下的'));
  const [first] = await page.locator('input[name=member]').all();
  for (const box of await page.locator('input[name=member]').all()) await box.uncheck();
  await first.check();
  await page.click('[data-visit] button[type=submit]');
  await page.waitForSelector('main [data-kept] .err');
  assert.match(await said(page, 'main [data-kept]'), /至少要有两名组员/);
  await page.locator('main [data-kept] .btns button').first().click();
  assert.match(await page.inputValue('#f-good'), /没有收下的/);
  const asked = [];
  page.on('dialog', (dialog) => { asked.push(dialog.message()); dialog.accept(); });
  await page.goto('/account');
  await Promise.all([page.waitForURL((url) => url.pathname !== '/account'), page.click('main form[action="/sign-out"] button')]);
  assert.equal(asked.length, 1);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('visit'))), []);
  assert.equal(await page.evaluate(() => caches.has('visits')), false);
}, { excused: /422/ });

journey('the form of a visit without JavaScript', PHONE, async (page) => {
  const good = unique('没有脚本也能记');
  await openForm(page);
  // Something is missing: it is said at its field, and what was typed is there.
  await page.fill('#f-good', good);
  await press(page, 'form[action^="/guidance/visit/"] button[type=submit]');
  assert.match(await said(page), /请选一项/);
  assert.equal(await page.inputValue('#f-good'), good);
  await fill(page, good);
  await press(page, 'form[action^="/guidance/visit/"] button[type=submit]');
  assert.match(path(page), /^\/guidance\/visits\/\d+$/);
  assert.match(await said(page), new RegExp(good));
  assert.equal(count(good), 1);
}, { javaScriptEnabled: false, excused: /422/ });

journey('the pages of guidance at a desk', DESK, async (page) => {
  await signIn(page, 'committee', '/guidance');
  await isSound(page);
  for (const address of ['/guidance/uncovered', '/guidance/figures', '/guidance/new']) {
    await page.goto(address);
    await isSound(page);
  }
  await page.goto('/guidance');
  await press(page, 'main table tbody tr:first-child a[href^="/guidance/groups/"]');
  await isSound(page);
  const group = path(page);
  for (const below of ['/plan', '/findings', '/assign']) {
    await page.goto(group + below);
    await isSound(page);
  }
});
