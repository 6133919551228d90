// A list that was signed on paper, entered by the keyboard alone: thirty people with at most 200 keys, those for moving on the page
// among them. Every key that is sent is counted. Run by tests/run like contests.test.mjs; guests come from the city's database
// (CITY_DB).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { DESK, signIn } from './browser.mjs';
import { isSound, journey, path, press, said, unique } from './journey.mjs';

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
