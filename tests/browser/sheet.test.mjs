// Two kinds of sheets. A list that was signed on paper, entered by the keyboard alone: thirty people with at most 200 keys, those for
// moving on the page among them; every key that is sent is counted. And a judge's sheet over a line that breaks, and on two devices:
// nothing typed is lost. Run by tests/run like contests.test.mjs; guests and sheets come from the city's database (CITY_DB).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { BASE, DESK, PHONE, signIn } from './browser.mjs';
import { isSound, journey, path, press, said, unique } from './journey.mjs';
import { brokenLine } from './line.mjs';

const { CITY_DB } = process.env;
const PEOPLE = 30;
const MOST_KEYS = 200;

const ask = (sql) => execFileSync('sqlite3', ['-cmd', '.timeout 15000', CITY_DB, sql], { encoding: 'utf8' }).trim();

/** A moment on a clock in the city, as the field takes it. */
const moment = (minutes) => new Date(Date.now() + 8 * 3_600_000 + minutes * 60_000).toISOString().slice(0, 16);

/** A keyboard that counts. */
function keys(page) {
  let sent = 0;
  return {
    async press(key) { sent += 1; await page.keyboard.press(key); },
    async type(text) { for (const key of text) await this.press(key === ' ' ? 'Space' : key); },
    get sent() { return sent; },
  };
}

journey('thirty names from a paper list', DESK, async (page) => {
  await signIn(page, 'secretary');
  const title = unique('一起读一章');
  await page.goto('/events/new');
  await page.fill('#f-title', title);
  await page.selectOption('#f-school', { index: 1 });
  await page.fill('#f-starts', moment(-10));
  await page.fill('#f-ends', moment(80));
  await press(page, 'main form[action^="/events/new"][method="post"] button[type="submit"]');
  const event = path(page);
  await page.goto(`${event}/sheet`);
  await isSound(page);
  await press(page, 'main form[method="post"] button');
  const rows = await page.locator('.signin-sheet__rows').first().locator('tbody tr').count();
  assert.ok(rows > 12, `${rows} rows`);
  const sheet = path(page).replace(/\/print$/, '');
  const id = event.split('/').pop();
  const branch = ask(`SELECT org_id FROM events WHERE id = ${id}`);
  const guests = ask(`SELECT member_no FROM memberships m WHERE valid_to IS NULL AND branch_id <> ${branch} AND person_id NOT IN (SELECT person_id FROM host_stays WHERE host_branch_id = ${branch}) ORDER BY id LIMIT ${Math.max(3, PEOPLE - rows)}`).split('\n');
  // Three were late, one was on leave, two did not come.
  const typed = `1-3 4z 5-7 8z 9z 10q 11w 12w 13-${rows} ${guests.join(' ')}`;

  await page.goto(sheet);
  // Whoever types looks whether the line is there.
  await page.waitForFunction(() => document.activeElement?.matches('input, textarea'));
  const hand = keys(page);
  await hand.type(typed);
  await Promise.all([page.waitForEvent('load'), hand.press('Enter')]);
  assert.equal(path(page), sheet);
  const people = rows + guests.length;
  assert.match(await said(page), new RegExp(`会登记 ${people} 人`));
  await isSound(page);
  // The button that keeps them has the focus.
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'go');
  await Promise.all([page.waitForEvent('load'), hand.press('Enter')]);
  assert.equal(new URL(page.url()).searchParams.get('done'), 'sheet-entered');
  assert.match(await said(page), /这张表已经录入过/);
  await isSound(page);

  assert.ok(people >= PEOPLE && hand.sent <= MOST_KEYS, `${people} people with ${hand.sent} keys`);
  console.log(`${people} people with ${hand.sent} keys`);
  const kept = Object.fromEntries(ask(`SELECT status, COUNT(*) FROM attendance_heads WHERE event_id = ${id} GROUP BY status`).split('\n').map((line) => line.split('|')));
  assert.deepEqual(kept, { absent: '2', late: '3', leave_private: '1', present: String(people - 6) });
});

const JUDGE = 'judge3';
/** The console says of each request that the line is away, and of a page that was refused. */
const BROKEN = /ERR_(EMPTY_RESPONSE|CONNECTION_\w+|FAILED)|Failed to fetch|status of 422/;

/** The number of a sheet that this judge has not handed in. */
const openSheet = () => ask(`SELECT MIN(a.id) FROM contest_assignments a JOIN contest_judges j ON j.id = a.judge_id
  JOIN accounts u ON u.person_id = j.person_id JOIN contest_rounds r ON r.id = a.round_id JOIN contests c ON c.id = r.contest_id
  WHERE u.username = '${JUDGE}' AND c.slug = 'fangxun-saike' AND r.state = 'judging' AND a.state = 'assigned'`);
/** The draft of a sheet, as the server has it. */
const draft = (sheet) => JSON.parse(ask(`SELECT scores FROM contest_drafts WHERE assignment_id = ${sheet}`) || '{}');
/** What the page keeps of sheets on its device. */
const onDevice = (page) => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('weixiao.sheet.')));
/** Waits until the status of the sheet ends with what its form says in that case. */
const says = (page, what) => page.waitForFunction((name) => {
  const form = document.querySelector('form[data-sheet]');
  return form.querySelector('[data-status]').textContent.endsWith(form.dataset[name]);
}, what);

journey('a judge hands in without a line: what was typed is there again and reaches the server', PHONE, async (_, open, onEnd) => {
  const line = await brokenLine(BASE, {});
  onEnd(() => line.close());
  const page = await open({ baseURL: line.url });
  const sheet = openSheet();
  const address = `/judge/sheets/${sheet}`;
  await signIn(page, JUDGE, address);
  await page.goto(address);
  for (const [button, score] of [['submit', '81.5'], ['draft', '82.5']]) {
    line.down();
    await page.fill('#s-content', score);
    await page.locator(`button[name=action][value=${button}]`).click({ noWaitAfter: true });
    await page.waitForTimeout(1_500);
    assert.equal(await page.locator('#s-content').count(), 0, 'the browser has a page of its own for that');
    assert.notEqual(draft(sheet).content, score);
    line.up();
    await page.goto(address);
    assert.equal(await page.inputValue('#s-content'), score, `typed before “${button}” was pressed`);
    await says(page, 'saved');
    assert.match(await said(page, '[data-status]'), /已恢复/);
    assert.equal(draft(sheet).content, score);
    assert.deepEqual(await onDevice(page), [], 'the server has it');
    await page.goto(address);
    assert.equal(await page.inputValue('#s-content'), score);
    assert.equal(await said(page, '[data-status]'), '', 'there is nothing to bring back');
  }
  // Refused for a gap: what was typed stays, and is brought back where the page is left.
  await page.fill('#s-delivery', '77.5');
  await page.fill('#s-form', '');
  await press(page, 'button[name=action][value=submit]');
  assert.equal(await page.inputValue('#s-delivery'), '77.5');
  await page.goto(address);
  assert.equal(await page.inputValue('#s-delivery'), '77.5');
  await says(page, 'saved');
  assert.equal(draft(sheet).delivery, '77.5');
  await isSound(page);
}, { excused: BROKEN });

journey('a judge fills in a sheet on two devices: the draft that was saved stays, and the other one is not lost', PHONE, async (page, open) => {
  const sheet = openSheet();
  const address = `/judge/sheets/${sheet}`;
  const other = await open();
  for (const device of [page, other]) {
    await signIn(device, JUDGE, address);
    await device.goto(address);
  }
  await page.fill('#s-content', '71.5');
  await says(page, 'saved');
  await other.fill('#s-content', '72.5');
  await other.locator('[data-status]', { hasText: '另一台设备' }).waitFor();
  assert.equal(draft(sheet).content, '71.5', 'what was acknowledged is there');
  assert.equal(await other.inputValue('#s-content'), '72.5', 'what was typed is there');
  // Opened again it shows what is saved, and offers what this device has.
  await other.goto(address);
  assert.equal(await other.inputValue('#s-content'), '71.5');
  await isSound(other);
  await other.locator('[data-status] + button').click();
  assert.equal(await other.inputValue('#s-content'), '72.5');
  await says(other, 'saved');
  assert.equal(draft(sheet).content, '72.5');
  // Handed in, nothing is left on the device that did it.
  for (const name of ['content', 'delivery', 'form']) await other.fill(`#s-${name}`, '86.5');
  await press(other, 'button[name=action][value=submit]');
  if (await other.locator('#f-is_sure').count()) await press(other, 'button[name=action][value=submit]');
  assert.equal(await other.locator('#f-sheet input').count(), 0, await said(other));
  assert.deepEqual(await onDevice(other), []);
  assert.equal(ask(`SELECT state FROM contest_assignments WHERE id = ${sheet}`), 'submitted');
}, { excused: /status of 4(09|22)/ });
