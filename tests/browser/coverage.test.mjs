// A plan for the retired members of one committee, met in three ways: online, at the door, in a group viewing; and seen in the
// figures of coverage at every level to the digit. On a phone, and once more without JavaScript. Run by tests/run like
// journeys.test.mjs; CITY_DB is the city's database: it says which lecture nobody has studied, and how many are meant.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { DESK, PHONE, signIn } from './browser.mjs';
import { isSound, journey, path, press, said, unique } from './journey.mjs';

const { CITY_DB } = process.env;
const ask = (sql) => execFileSync('sqlite3', ['-cmd', '.timeout 15000', CITY_DB, sql], { encoding: 'utf8' }).trim();

/** As files and columns name where somebody stands, in the order of both. */
const STATES = ['done', 'made_up', 'excused', 'exempt', 'not_reported', 'not_yet'];
const WORDS = { done: '已学', made_up: '已补学', excused: '请假', exempt: '免学', not_reported: '未报', not_yet: '未学' };
const NONE = Object.fromEntries([...STATES, 'total'].map((name) => [name, 0]));
/** Of a lecture so much is enough, and is played so fast. */
const SHARE = 0.8;
const SPEED = 2;

/** A moment on a clock in the city, as the field takes it. */
const moment = (minutes) => new Date(Date.now() + 8 * 3_600_000 + minutes * 60_000).toISOString().slice(0, 16);
const day = (days) => moment(days * 1_440).slice(0, 10);

/** The branch of an account, and the committee above it. */
const home = (name) => {
  const [branch, title, committee] = ask(`SELECT o.id, o.name, p.parent_id FROM accounts a JOIN memberships m ON m.person_id = a.person_id AND m.valid_to IS NULL
    JOIN orgs o ON o.id = m.branch_id JOIN org_placements p ON p.org_id = o.id AND p.valid_to IS NULL WHERE a.username = '${name}'`).split('|');
  return { branch: Number(branch), title, committee: Number(committee) };
};
/** How many retired members there are below an organisation. */
const retired = (org) => Number(ask(`SELECT COUNT(DISTINCT m.person_id) FROM memberships m JOIN orgs o ON o.id = m.branch_id
  JOIN member_categories c ON c.person_id = m.person_id AND c.category = 'retired' AND c.valid_to IS NULL
  WHERE m.valid_to IS NULL AND o.path LIKE '%/${org}/%'`));
const numberOf = (person) => ask(`SELECT member_no FROM memberships WHERE person_id = ${person} AND valid_to IS NULL`);
/** A shortest lecture of which nobody has a proof; not one that another journey has just made, and may take away again. */
const lectureOfNobody = () => {
  const [id, title, ms] = ask(`SELECT l.id, l.title, l.duration_ms FROM lectures l WHERE l.stage = 'published' AND l.published_at < datetime('now', '-2 days')
    AND NOT EXISTS (SELECT 1 FROM completions c WHERE c.lecture_id = l.id) ORDER BY l.duration_ms, l.id LIMIT 1`).split('|');
  return { id: Number(id), title, seconds: Number(ms) / 1000 };
};

const sum = (all) => all.reduce((one, other) => Object.fromEntries(Object.keys(NONE).map((name) => [name, one[name] + other[name]])), NONE);
/** What the second has more than the first, but what is the same. */
const more = (before, after) => Object.fromEntries(Object.keys(NONE).map((name) => [name, after[name] - before[name]]).filter((one) => one[1]));

/** The figures of a page as they stand on it; each agrees with each, and with the file of the same page. */
async function figures(page, address) {
  await page.goto(address);
  const seen = await page.evaluate((states) => {
    const count = (text) => Number(text.replace(/[,\s]/g, ''));
    const tally = (row) => Object.fromEntries([...row.querySelectorAll('td.n')].map((cell, i) => [states[i] ?? 'total', count(cell.textContent)]));
    const rows = (where) => [...document.querySelectorAll(where)].map((row) => ({ name: row.querySelector('th').firstElementChild.textContent.trim(), ...tally(row) }));
    const kpis = [...document.querySelectorAll('.kpi')];
    return {
      below: rows('[aria-labelledby=h-below] tbody tr'),
      foot: [...document.querySelectorAll('[aria-labelledby=h-below] tfoot tr')].map(tally)[0] ?? null,
      items: rows('[aria-labelledby=h-items] tbody tr'),
      kpis: kpis.map((kpi) => count(kpi.querySelector('dd').firstChild.textContent)),
      ways: Object.fromEntries(kpis[1].querySelector('.sub').textContent.split('·').map((one) => one.trim().split(' ')).filter((one) => one[0]).map(([way, n]) => [way, Number(n)])),
      file: document.querySelector('main a[href^="/coverage/export/coverage.json"]').getAttribute('href'),
    };
  }, STATES);
  const file = await (await page.request.get(seen.file)).json();
  const named = (line) => ({ name: line.name, ...line.people });
  // Whoever sees only the own alliance gets no line of everybody.
  const lines = file.lines.map(named);
  const whole = lines.length === seen.below.length ? sum(lines) : lines.shift();
  delete whole.name;
  if (seen.below.length) {
    assert.deepEqual(seen.below.map((row) => (row.name === '没有联盟的支部' ? { ...row, name: '' } : row)), lines, `${address}: the file says what the page says`);
    assert.deepEqual(seen.foot, whole, `${address}: the last line is everybody`);
    assert.deepEqual(sum(seen.below), whole, `${address}: the lines sum to it`);
  }
  const { total, ...states } = whole;
  assert.equal(Object.values(states).reduce((a, b) => a + b, 0), total, `${address}: each is in one state`);
  assert.deepEqual(seen.kpis, [total, whole.done + whole.made_up, whole.excused + whole.not_reported + whole.not_yet, whole.exempt], `${address}: the figures above`);
  const items = seen.items.map(({ name, ...item }) => item);
  const first = file.lines.length === seen.below.length ? file.lines.map((line) => line.items) : [file.lines[0].items];
  assert.deepEqual(items, file.items.map((_, i) => sum(first.map((of) => of[i]))), `${address}: the items of the file`);
  assert.deepEqual(items.map((item) => item.total), items.map(() => total), `${address}: an item is everybody's`);
  return { whole, items, ways: seen.ways, below: Object.fromEntries(seen.below.map(({ name, ...tally }) => [name, tally])) };
}

/** The members of a branch, each with the whole and the items, as its secretary sees them. */
async function members(page, plan, branch) {
  await page.goto(`/coverage/members?plan=${plan}&org=${branch}`);
  return page.$$eval('.covtable tbody tr', (rows) => rows.map((row) => ({
    id: Number(row.querySelector('a').pathname.split('/').pop()), name: row.querySelector('a').textContent.trim(),
    whole: row.querySelector('.tag').textContent.trim(), items: [...row.querySelectorAll('td')].slice(1).map((cell) => cell.textContent.trim()),
  })));
}

/** What is added to lines and is not 0, by their names. */
const grown = (before, after) => {
  assert.deepEqual(Object.keys(after), Object.keys(before));
  return Object.fromEntries(Object.keys(before).map((name) => [name, more(before[name], after[name])]).filter((one) => Object.keys(one[1]).length));
};

/** The committee names its retired members, and writes a plan for them: a lecture, and a meeting for whoever likes. Its number. */
async function writePlan(page, title, lecture, sound) {
  const { committee } = home('member');
  const all = retired(committee);
  await signIn(page, 'committee', '/plans');
  await press(page, 'main a[href="/audiences"]');
  await press(page, 'main a[href="/audiences/new"]');
  await page.fill('#f-name', `${title}的对象`);
  await page.selectOption('#f-org', String(committee));
  await page.check('input[name=categories][value=retired]');
  if (sound) await page.locator('[data-count-said]', { hasText: `现在 ${all} 人` }).waitFor();
  await press(page, 'main form [name=step][value=count]');
  assert.match(await said(page, '[data-count-said]'), new RegExp(`现在 ${all} 人`));
  assert.ok(await page.isChecked('input[name=categories][value=retired]'));
  if (sound) await isSound(page);
  await press(page, 'main form [name=step][value=save]');
  assert.match(path(page), /^\/audiences\/\d+$/, await said(page));

  await page.goto('/plans/new');
  await page.fill('#f-title', title);
  await page.selectOption('#f-org', String(committee));
  await page.selectOption('#f-audience', { label: `${title}的对象` });
  await press(page, 'main form[action="/plans/new"] .btn--go');
  const plan = path(page);
  assert.match(plan, /^\/plans\/\d+$/, await said(page));
  assert.equal(await page.locator(`main form[action="${plan}/submit"]`).count(), 0, 'nothing can be handed in yet');
  await press(page, `main a[href="${plan}/add"]`);
  await page.fill('#f-q', lecture.title);
  await press(page, 'main form[role=search] button');
  await press(page, `main button[name=what][value="lecture:${lecture.id}"]`);
  await page.goto(`${plan}/add`);
  await page.fill('#f-title', '一起说说这堂课');
  await press(page, 'main [aria-labelledby=h-meeting] button');
  const items = page.locator('#items ol.rows > li');
  assert.equal(await items.count(), 2);
  await items.nth(1).locator('input[type=checkbox]').uncheck();
  for (const n of [0, 1]) await items.nth(n).locator('input[type=date]').fill(day(20));
  await press(page, '#items .btns.pad-t button[value=save]');
  assert.deepEqual(await items.locator('input[type=date]').evaluateAll((all) => all.map((one) => one.value)), [day(20), day(20)]);
  assert.match(await said(page, '[aria-labelledby=h-touched]'), new RegExp(`${all} 人`));
  if (sound) await isSound(page);
  await press(page, `main form[action="${plan}/submit"] button`);
  assert.match(await said(page), /等核对/);
  assert.equal(await page.locator(`main form[action="${plan}/publish"]`).count(), 0, 'who has written it does not put it into force');
  return Number(plan.split('/').pop());
}

/** A second person puts it into force. */
async function publish(page, plan, sound) {
  await signIn(page, 'town', '/plans');
  await press(page, `main a.rowlink[href="/plans/${plan}"]`);
  if (sound) await isSound(page);
  await press(page, `main form[action="/plans/${plan}/publish"] button`);
  assert.match(await said(page), /执行中/);
}

/** The clerk proposes that somebody need not study it, the secretary agrees. */
async function exempt(clerk, secretary, person, plan) {
  await clerk.goto('/exemptions/new');
  await clerk.fill('#f-q', numberOf(person));
  await press(clerk, 'main form[role=search] button');
  await press(clerk, `main a[href="/exemptions/new?person=${person}"]`);
  await clerk.selectOption('#f-plan', String(plan));
  await clerk.fill('#f-last', day(30));
  await clerk.fill('#f-reason', '住在外地的女儿家，年底前不回来。');
  await press(clerk, 'main form[action="/exemptions/new"] .btn--go');
  const one = path(clerk);
  assert.match(one, /^\/exemptions\/\d+$/, await said(clerk));
  assert.equal(await clerk.locator(`main form[action="${one}/decide"]`).count(), 0, 'who proposes does not decide');
  await secretary.goto(one);
  await isSound(secretary);
  await press(secretary, `main form[action="${one}/decide"] button[value=approved]`);
  assert.match(await said(secretary), /免学中/);
}

/** Of the door: the secretary records it, the clerk signs; its number. */
async function visit(secretary, clerk, lecture, persons) {
  await secretary.goto('/visits/new');
  await secretary.fill('#f-q', lecture.title);
  await press(secretary, 'main form[role=search] button');
  await secretary.check(`input[name=lecture][value="${lecture.id}"]`);
  await secretary.fill('#f-members', persons.map(numberOf).join('、'));
  await secretary.fill('#f-second', numberOf(ask('SELECT person_id FROM accounts WHERE username = \'clerk\'')));
  await secretary.fill('#f-starts', moment(-45));
  await secretary.fill('#f-minutes', '30');
  await secretary.fill('#f-place', '院坝里');
  await secretary.check('input[name=agreed]');
  await press(secretary, 'main form[method=post] .btn--go');
  assert.match(path(secretary), /^\/visits\/\d+$/, await said(secretary));
  const id = Number(path(secretary).split('/').pop());
  await clerk.goto(`/visits/${id}`);
  await press(clerk, `main form[action="/visits/${id}/second"] button`);
  assert.match(await said(clerk), /两人已签名/);
  return id;
}

/** A slip is printed; a relative without an account types its code. */
async function confirmByCode(printer, relative, id, person) {
  await printer.goto(`/visits/${id}`);
  await press(printer, `main form[action="/visits/${id}/slip/${person}"] button`);
  const code = (await said(printer, '.slip__code')).trim();
  await relative.goto('/visits/confirm');
  await relative.fill('#f-visit', String(id));
  await relative.fill('#f-code', code.toLowerCase());
  await press(relative, 'main form[action="/visits/confirm"] .btn--go');
  assert.match(await said(relative), /已确认，谢谢/);
}

/** The host opens a group viewing of the lecture that serves the plan's meeting too, and signs two people in; its number. */
async function gather(page, plan, lecture, persons) {
  await page.goto('/viewings/new');
  await page.fill('#f-q', lecture.title);
  await press(page, 'main form[role=search] button');
  await page.check(`input[name=lecture][value="${lecture.id}"]`);
  await press(page, 'main form[method=post] .btn--go');
  assert.match(path(page), /^\/viewings\/\d+$/, await said(page));
  const id = Number(path(page).split('/').pop());
  await page.goto(`/events/${id}`);
  await press(page, `main a[href="/events/${id}/plans"]`);
  const served = page.locator(`main label.check:has(input[value^="${plan}-"])`);
  assert.equal(await served.count(), 2);
  await served.filter({ hasText: '一起说说这堂课' }).locator('input').check();
  await press(page, 'main form[action$="/plans"] button');
  assert.ok(await served.filter({ hasText: '一起说说这堂课' }).locator('input').isChecked());
  await page.goto(`/viewings/${id}`);
  for (const person of persons) await page.check(`#people input[name=person][value="${person}"]`);
  await page.click(`main form[action="/viewings/${id}/sign"] button`);
  await page.locator('#people h2', { hasText: `在场的 ${persons.length} 人` }).waitFor();
  return id;
}

async function endViewing(page, id, count) {
  await press(page, `main form[action="/viewings/${id}/end"] button`);
  assert.match(await said(page), /已经结束/);
  assert.equal(await page.locator('main .tag--done', { hasText: '已学完' }).count(), count);
}

journey('online, at the door and together: every level counts each once', PHONE, async (page, open) => {
  const [title, lecture] = [unique('离退休党员冬季学习'), lectureOfNobody()];
  const plan = await writePlan(page, title, lecture, true);
  const town = await open();
  await publish(town, plan, true);

  const own = home('member');
  const other = home('member2');
  const elder = Number(ask('SELECT person_id FROM accounts WHERE username = \'elder\''));
  const [secretary, secretary2, clerk, auditor, alliance] = [await open(), await open(), await open(), await open(), await open()];
  await signIn(secretary, 'secretary', `/coverage?plan=${plan}`);
  await signIn(secretary2, 'secretary2', `/coverage?plan=${plan}`);
  await signIn(clerk, 'clerk', '/exemptions');
  await signIn(auditor, 'auditor', `/coverage?plan=${plan}`);
  await signIn(alliance, 'alliance', `/coverage?plan=${plan}`);

  // Those who are meant: the elder has a telephone, a neighbour none; one is away; two of the other branch come together.
  const roll = await members(secretary, plan, own.branch);
  assert.deepEqual(new Set(roll.flatMap((one) => [one.whole, ...one.items])), new Set(['未学']));
  assert.ok(roll.some((one) => one.id === elder));
  const [neighbour, away] = roll.map((one) => one.id).filter((id) => id !== elder);
  const together = (await members(secretary2, plan, other.branch)).slice(0, 3).map((one) => one.id);
  const ill = together.pop();
  await exempt(clerk, secretary, away, plan);

  /** What each level says. */
  const levels = async () => ({
    city: await figures(auditor, `/coverage?plan=${plan}`),
    alliances: await figures(auditor, `/coverage?plan=${plan}&by=alliance`),
    committee: await figures(page, `/coverage?plan=${plan}`),
    own: await figures(secretary, `/coverage?plan=${plan}`),
    other: await figures(secretary2, `/coverage?plan=${plan}`),
    alliance: await figures(alliance, `/coverage?plan=${plan}`),
  });
  const before = await levels();
  const all = retired(own.committee);
  const still = (total, free) => ({ ...NONE, not_yet: total - free, exempt: free, total });
  for (const [level, total, free] of [['city', all, 1], ['committee', all, 1], ['own', retired(own.branch), 1], ['other', retired(other.branch), 0]]) {
    assert.deepEqual(before[level].whole, still(total, free), `${level} before`);
    assert.deepEqual(before[level].items, [still(total, free), still(total, free)], `${level} before, by items`);
    assert.deepEqual(before[level].ways, {});
  }
  assert.deepEqual(before.alliances.whole, before.city.whole);
  const names = Object.keys(before.alliance.below);
  assert.ok(names.length >= 1 && names.every((name) => before.alliances.below[name]), names.join(' '));

  // At the door, signed by two: without the member's word it counts nothing.
  const door = await visit(secretary, clerk, lecture, [neighbour, elder]);
  assert.deepEqual((await figures(secretary, `/coverage?plan=${plan}`)).whole, before.own.whole);

  // Online: on the own telephone, twice as fast.
  const member = await open();
  await signIn(member, 'elder', '/me/plans');
  const mine = member.locator('main section', { hasText: title });
  assert.match(await mine.innerText(), /未学/);
  await isSound(member);
  await mine.locator(`a[href="/lectures/${lecture.id}"]`).click();
  await member.waitForURL(`**/lectures/${lecture.id}`);
  await member.selectOption('#player [data-do=speed]', String(SPEED));
  await member.click('#player [data-do=start]');

  // Together, at the same time in another branch.
  const screen = await gather(secretary2, plan, lecture, together);
  await secretary2.$eval('#group video', (video, speed) => { video.muted = true; video.playbackRate = speed; return video.play(); }, SPEED);
  await member.locator('#watched [data-credit]', { hasText: '已学完' }).waitFor({ timeout: lecture.seconds * 1_000 });
  await secretary2.waitForFunction(() => document.querySelector('#group video').ended, null, { timeout: lecture.seconds * 1_000 });
  await secretary2.waitForFunction((enough) => document.querySelector('#screen progress').value >= enough, SHARE * lecture.seconds);
  await endViewing(secretary2, screen, together.length);
  await secretary2.goto(`/events/${screen}/roll`);
  await secretary2.selectOption(`#f-${ill}`, 'leave_sick');
  await press(secretary2, `main form[action^="/events/${screen}/roll"] button.btn--go`);

  // The members' word: by the code on paper, and in the own account. The elder has studied it already: it counts once.
  await confirmByCode(clerk, await open(), door, neighbour);
  await member.goto('/me/visits');
  await press(member, `main .btns a[href="/visits/${door}"]`);
  await isSound(member);
  await press(member, `main form[action="/visits/${door}/confirm"] button`);
  assert.match(await said(member), /本人已确认/);

  const after = await levels();
  const [two, four] = [2, 4].map((n) => ({ done: n, not_yet: -n }));
  const of = (level) => [more(before[level].whole, after[level].whole), ...before[level].items.map((item, i) => more(item, after[level].items[i]))];
  const talked = { done: 2, excused: 1, not_yet: -3 };
  assert.deepEqual(of('city'), [four, four, talked], 'the city');
  assert.deepEqual(of('committee'), [four, four, talked], 'the committee');
  assert.deepEqual(of('own'), [two, two, {}], 'the branch of the elder');
  assert.deepEqual(of('other'), [two, two, talked], 'the branch that watched together');
  for (const level of ['city', 'committee']) {
    assert.deepEqual(grown(before[level].below, after[level].below), { [own.title]: two, [other.title]: two }, `the branches below the ${level}`);
    assert.deepEqual(after[level].ways, { 线上学习: 1, 集体收看: 2, 送学上门: 1, 现场参加: 2 }, level);
  }
  assert.deepEqual(after.own.ways, { 线上学习: 1, 送学上门: 1 });
  assert.deepEqual(after.other.ways, { 集体收看: 2, 现场参加: 2 });
  assert.deepEqual(Object.values(grown(before.alliances.below, after.alliances.below)), [two, two], 'two alliances');
  for (const name of names) assert.deepEqual(after.alliance.below[name], after.alliances.below[name], 'an alliance sees of itself what the city sees');
  assert.deepEqual(of('alliance'), [two, two, {}], 'the alliance of the elder’s branch');
  assert.deepEqual(after.alliance.ways, { 线上学习: 1, 送学上门: 1 }, 'ways are of those whom the page is about');
  // Along the alliances one comes to the branches, and to the same.
  await alliance.goto(`/coverage?plan=${plan}`);
  const branches = await figures(alliance, await alliance.locator('[aria-labelledby=h-below] tbody a').first().getAttribute('href'));
  assert.deepEqual(branches.below[own.title], after.own.whole);

  // The members of the branch, one by one.
  const list = await members(secretary, plan, own.branch);
  assert.deepEqual(list.map((one) => one.id), roll.map((one) => one.id));
  const counted = STATES.map((state) => list.filter((one) => one.whole === WORDS[state]).length);
  assert.deepEqual(counted, STATES.map((state) => after.own.whole[state]));
  assert.deepEqual(list.filter((one) => one.whole === '已学').map((one) => one.id).sort(), [neighbour, elder].sort());
  assert.deepEqual(list.filter((one) => one.whole === '免学').map((one) => one.id), [away]);
  await isSound(secretary);
  const groupOf = await members(secretary2, plan, other.branch);
  assert.deepEqual(groupOf.filter((one) => one.whole === '已学').map((one) => [one.id, ...one.items]), together.map((id) => [id, '已学', '已学']));
  assert.deepEqual(groupOf.find((one) => one.id === ill).items, ['未学', '请假']);
  // One of them, as the secretary and as the member sees it.
  for (const [person, way] of [[elder, '线上学习'], [neighbour, '送学上门']]) {
    await secretary.goto(`/coverage/members/${person}`);
    assert.match(await secretary.locator('main section', { hasText: title }).innerText(), new RegExp(`已学[^]*${lecture.title}[^]*${way}[^]*已学`));
  }
  await isSound(secretary);
  await secretary2.goto(`/coverage/members/${together[0]}`);
  assert.match(await secretary2.locator('main section', { hasText: title }).innerText(), /集体收看[^]*现场参加/);
  assert.equal((await secretary2.goto(`/coverage/members/${elder}`)).status(), 404, 'nobody else’s secretary');
  await member.goto('/me/plans');
  assert.match(await mine.innerText(), /线上学习/);
  assert.doesNotMatch(await mine.locator('.sechead').innerText(), /未学/);

  // What is left to be brought, and where a secretary begins.
  await secretary.goto(`/coverage/worklist?plan=${plan}&org=${own.branch}`);
  assert.match(await said(secretary, '.pagehead'), new RegExp(`还要送去的 ${after.own.whole.not_yet} 人`));
  const missing = await secretary.$$eval('ul.work a.row__title', (all) => all.map((one) => Number(one.pathname.split('/').pop())));
  assert.deepEqual(missing, list.filter((one) => one.whole === '未学').map((one) => one.id));
  await isSound(secretary);
  await secretary.goto('/branch');
  assert.match(await secretary.locator('main li', { hasText: title }).innerText(), new RegExp(`已学 2，免学 1，未学 ${after.own.whole.not_yet}`));
  await isSound(secretary);
  for (const seen of [auditor, alliance, page]) {
    await seen.goto(`/coverage?plan=${plan}`);
    await isSound(seen);
  }
}, { timeout: 300_000 });

journey('without JavaScript, the same three ways', PHONE, async (page, open) => {
  const [title, lecture] = [unique('离退休党员年末学习'), lectureOfNobody()];
  const plan = await writePlan(page, title, lecture, false);
  await publish(await open(), plan, false);
  const [own, other] = [home('member'), home('member2')];
  const elder = Number(ask('SELECT person_id FROM accounts WHERE username = \'elder\''));
  const [secretary, secretary2, clerk, member] = [await open(), await open(), await open(), await open()];
  await signIn(secretary, 'secretary', `/coverage?plan=${plan}`);
  await signIn(secretary2, 'secretary2', `/coverage?plan=${plan}`);
  await signIn(clerk, 'clerk', '/visits');
  await signIn(member, 'elder', `/lectures/${lecture.id}`);
  const before = await figures(page, `/coverage?plan=${plan}`);
  assert.deepEqual(before.whole, { ...NONE, not_yet: retired(own.committee), total: retired(own.committee) });
  const neighbour = (await members(secretary, plan, own.branch)).map((one) => one.id).find((id) => id !== elder);
  const together = (await members(secretary2, plan, other.branch)).slice(0, 1).map((one) => one.id);

  // Time passes on the server alone: as much as is enough, at the fastest speed, and a little.
  await press(member, 'form[action="/watch/start"] button');
  const screen = await gather(secretary2, plan, lecture, together);
  await press(secretary2, `main form[action="/viewings/${screen}/start"] button`);
  const door = await visit(secretary, clerk, lecture, [neighbour]);
  await confirmByCode(clerk, await open(), door, neighbour);
  await member.waitForTimeout((SHARE * lecture.seconds / SPEED + 2) * 1_000);
  await press(member, 'form[action="/watch/finish"] button');
  assert.match(await said(member, '#watched'), /已学完/);
  await press(secretary2, `main form[action="/viewings/${screen}/finish"] button`);
  await endViewing(secretary2, screen, 1);

  const after = await figures(page, `/coverage?plan=${plan}`);
  assert.deepEqual(more(before.whole, after.whole), { done: 3, not_yet: -3 });
  assert.deepEqual(before.items.map((item, i) => more(item, after.items[i])), [{ done: 3, not_yet: -3 }, { done: 1, not_yet: -1 }]);
  assert.deepEqual(grown(before.below, after.below), { [own.title]: { done: 2, not_yet: -2 }, [other.title]: { done: 1, not_yet: -1 } });
  assert.deepEqual(after.ways, { 线上学习: 1, 集体收看: 1, 送学上门: 1, 现场参加: 1 });
  await member.goto('/me/plans');
  assert.match(await member.locator('main section', { hasText: title }).innerText(), /线上学习/);
}, { javaScriptEnabled: false, timeout: 240_000 });

journey('the pages of plans and coverage at a desk, in English', DESK, async (page, open) => {
  const plan = Number(ask('SELECT MIN(id) FROM study_plans WHERE state = \'published\''));
  const { branch } = home('member');
  const sound = async (seen, addresses) => {
    for (const address of addresses) {
      assert.equal((await seen.goto(address)).status(), 200, address);
      await isSound(seen);
    }
  };
  await signIn(page, 'committee');
  await sound(page, ['/plans', `/plans/${plan}`, '/plans/new', '/audiences', '/audiences/1', '/exemptions/new', `/coverage?plan=${plan}`]);
  const secretary = await open();
  await signIn(secretary, 'secretary');
  await sound(secretary, ['/branch', `/coverage/members?plan=${plan}&org=${branch}`, `/coverage/worklist?plan=${plan}`, '/exemptions', '/visits', '/visits/new', '/branch/makeup']);
}, { timeout: 240_000, manner: { lang: 'en' } });
