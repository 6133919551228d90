// A small contest from its announcement to gold lecturers and the broadcast, each person at their own window: seven judges, an
// objection that is upheld, a second revision, and the published files recomputed by `weixiao verify`. Run by tests/run like
// journeys.test.mjs, perhaps beside the others: only what belongs to this contest is changed. Where days have to pass, they pass
// in the city's database (CITY_DB); what verifies is the program of the city (WEIXIAO_BIN).
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { DESK, PASSWORD, PHONE, signIn } from './browser.mjs';
import { isSound, journey, path, press, said, unique } from './journey.mjs';

const { CITY_DB, WEIXIAO_BIN } = process.env;

/** What is entered, by whom. `near` is what most judges think of it. */
const ENTRIES = [
  { who: 'instructor', near: 90, mayName: true },
  { who: 'member', near: 89, mayName: true },
  { who: 'member2', near: 85, mayName: true },
  { who: 'elder', near: 80, mayName: false },
  { who: 'clerk', near: 75, mayName: false },
];
/** The criteria of a new round, and what they weigh. */
const WEIGHTS = { content: 60, delivery: 25, form: 15 };
const CRITERIA = Object.keys(WEIGHTS);
const JUDGES = [1, 2, 3, 4, 5, 6, 7];
/** These two think far less of the first entry than the others do; the second of them judges without JavaScript. */
const STRICT = [6, 7];
const STRICT_NEAR = 78;
const WITHOUT_SCRIPTS = 7;
const ALTERATIONS = 100;
/** What a score looks like in a text: the sheets of this contest have no whole ones. */
const SCORE = /\b\d{2}\.\d/;

/** What a judge gives: content, delivery, form. */
function scores(judge, entry) {
  const near = entry === 0 && STRICT.includes(judge) ? STRICT_NEAR : ENTRIES[entry].near;
  return [`${near}.${judge}`, `${near - 1}.${judge}`, `${near - 2}.${9 - judge}`];
}

/** A day of the city, so many from today. */
const day = (days) => new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);

const ask = (sql) => execFileSync('sqlite3', ['-cmd', '.timeout 15000', CITY_DB, sql], { encoding: 'utf8' }).trim();
const weixiao = (...words) => execFileSync(WEIXIAO_BIN, words, { encoding: 'utf8', env: { ...process.env, DATABASE_URL: `sqlite:${CITY_DB}` } });

/** Sends a form, and is where it leads. */
async function send(page, form, to) {
  await press(page, `main ${form}`);
  assert.equal(path(page), to, await said(page));
}

const step = (name) => `form[action$="/${name}"] button`;
const option = (page, select, text) => page.locator(`${select} option`, { hasText: text }).getAttribute('value');

/** Everything that a page says, what is folded away and what stands in fields too. */
const wholeText = (page) => page.$eval('main', (main) => [
  main.textContent, ...[...main.querySelectorAll('input, textarea')].map((field) => field.value),
].join(' '));

/** How wide the widest line of text is in there, in pixels. */
const longestLine = (page, selector) => page.$eval(selector, (box) => {
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let widest = 0;
  while (walker.nextNode()) {
    range.selectNodeContents(walker.currentNode);
    for (const line of range.getClientRects()) widest = Math.max(widest, line.width);
  }
  return widest;
});

/** Numbers from 0 to below `sides`, the same for the same seed. */
function dice(seed) {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

/** The text with one letter or digit changed. */
function altered(text, roll) {
  const signs = [...text];
  const places = signs.flatMap((sign, at) => (/[\p{L}\p{N}]/u.test(sign) ? [at] : []));
  const at = places[roll(places.length)];
  const was = signs[at];
  const others = [...(/\d/.test(was) ? '0123456789' : /[a-z]/.test(was) ? 'abcdefghijklmnopqrstuvwxyz'
    : /[A-Z]/.test(was) ? 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' : '改换动错')].filter((sign) => sign !== was);
  signs[at] = others[roll(others.length)];
  return { text: signs.join(''), what: `sign ${at}: “${was}” became “${signs[at]}”` };
}

/** `weixiao verify` accepts the file, and none of what it is altered to. */
function verifies(text, name, folder) {
  const file = `${folder}/${name}.json`;
  const verify = (content) => {
    fs.writeFileSync(file, content);
    return spawnSync(WEIXIAO_BIN, ['verify', file], { encoding: 'utf8' });
  };
  const whole = verify(text);
  assert.equal(whole.status, 0, `${name}: ${whole.stdout}${whole.stderr}`);
  const seed = Number(process.env.SEED) || Date.now() % 2 ** 32;
  const roll = dice(seed);
  for (let i = 1; i <= ALTERATIONS; i += 1) {
    const { text: other, what } = altered(text, roll);
    assert.ok(verify(other).status > 0, `${name}, SEED=${seed}, alteration ${i} was not seen: ${what}`);
  }
}

/** Fills in the form of an entry and hands it in; one of them is kept as a draft first. */
async function enter(page, slug, entry, { lecture, isDraft }) {
  await page.goto(`/contests/${slug}`);
  await press(page, 'main .pagehead a[href$="/enter"]');
  await page.fill('#f-title', entry.title);
  await page.fill('#f-summary', '一条支渠的水怎样轮着灌，三分钟讲清楚。');
  await page.fill('#f-script', '各位同志，今天讲一条支渠的轮灌表。\n\n先看水从哪里来，再看谁先灌、谁后灌。');
  if (lecture) await page.selectOption('#f-lecture', lecture);
  const schools = page.locator('main input[name=school]');
  if (!await schools.count()) {
    await page.fill('#f-find', '微党校');
    await press(page, 'main button[name=go][value=find]');
    assert.equal(await page.inputValue('#f-title'), entry.title, 'a search keeps what was typed');
  }
  if (!await page.locator('main input[name=school]:checked').count()) await schools.first().check();
  await page.check('main input[name=original]');
  if (entry.mayName) await page.check('main input[name=may_name]');
  await page.check('main input[name=may_broadcast]');
  await send(page, `button[name=go][value=${isDraft ? 'save' : 'submit'}]`, `/contests/${slug}/entry`);
  if (!isDraft) return;
  await isSound(page);
  await send(page, step('entry/submit'), `/contests/${slug}/entry`);
}

/** The branch agrees to an entry that waits for it. */
async function endorse(page, title) {
  await page.goto('/branch/entries');
  await page.locator('main a.row__title', { hasText: title }).click();
  await page.waitForURL(/\/branch\/entries\/\d+$/);
  await page.check('main input[name=verdict][value=agreed]');
  await send(page, 'form[action^="/branch/entries/"] button', '/branch/entries');
}

/** Fills in the sheets of a judge, one after the other; `look` sees the first. On how many it was asked whether that is meant. */
async function judgeAll(page, judge, contest, titles, look = async () => {}) {
  await page.goto(`/judge/contests/${contest}`);
  await press(page, 'main ul.rows > li:first-child a.row__title');
  let asked = 0;
  for (let at = 0; at < titles.length; at += 1) {
    const heading = await said(page, 'main h1');
    const given = scores(judge, titles.findIndex((title) => heading.includes(`《${title}》`)));
    for (const [i, name] of CRITERIA.entries()) await page.fill(`#s-${name}`, given[i]);
    const sheet = path(page);
    if (at === 0) await look(given);
    await send(page, 'button[name=action][value=submit]', sheet);
    if (await page.locator('#f-is_sure').count()) {
      asked += 1;
      assert.equal(await page.inputValue('#s-content'), given[0], 'what was typed stays');
      await page.check('#f-is_sure input');
      await send(page, 'button[name=action][value=submit]', sheet);
    }
    assert.equal(await page.locator('#f-sheet input').count(), 0, await said(page));
    const next = 'main #f-sheet a.btn--go[href^="/judge/sheets/"]';
    assert.equal(await page.locator(next).count(), at + 1 < titles.length ? 1 : 0, 'the next one is named, after the last none');
    if (at + 1 < titles.length) await press(page, next);
  }
  return asked;
}

journey('a contest from its announcement to gold lecturers', DESK, async (organizer, open, onEnd) => {
  assert.ok(CITY_DB && fs.existsSync(CITY_DB), 'CITY_DB names the file of the city\'s database: days pass in it');
  assert.ok(WEIXIAO_BIN && fs.existsSync(WEIXIAO_BIN), 'WEIXIAO_BIN names the program of the city: it verifies what is published');
  const folder = fs.mkdtempSync(`${os.tmpdir()}/contest-`);
  onEnd(() => fs.rmSync(folder, { recursive: true }));
  const as = async (name, options = {}) => {
    const page = await open(options);
    await signIn(page, name);
    return page;
  };
  const english = { manner: { lang: 'en' } };
  const visitor = await open();
  const reader = await open(english);
  const title = unique('赛课一场');
  const slug = unique('journey').replace(' ', '-');
  const titles = ENTRIES.map((_, at) => `${title}第 ${at + 1} 课`);

  // The organizer makes it with one final round, whose talks are timed, and freezes its method; another person approves.
  await signIn(organizer, 'organizer', '/organize/contests');
  await press(organizer, 'main a[href="/organize/contests/new"]');
  await organizer.fill('#f-title', title);
  await organizer.fill('#f-slug', slug);
  await organizer.fill('#f-summary', '一堂课讲清楚一件本地的事。');
  await organizer.fill('#f-rules', '## 选题\n\n讲 **本地** 的事。');
  await organizer.fill('#f-opens_on', day(0));
  await organizer.fill('#f-closes_on', day(1));
  await organizer.uncheck('main input[name=needs_video]');
  await organizer.fill('#f-gold_count', '2');
  await press(organizer, 'main form[action="/organize/contests"] button');
  const desk = path(organizer);
  assert.match(desk, /^\/organize\/contests\/\d+$/, await said(organizer));
  const contest = desk.split('/').at(-1);
  await press(organizer, `main ${step('rounds')}`);
  const round = path(organizer);
  assert.match(round, /\/rounds\/\d+$/);
  const score = `/score/rounds/${round.split('/').at(-1)}`;
  assert.equal(await organizer.inputValue('#f-kind'), 'final', 'a contest without recordings begins with its final');
  assert.ok(await organizer.isChecked('main input[name=timed]'), 'what is too long costs points');
  await send(organizer, `form[action="${round}"] button`, round);
  await isSound(organizer);
  await send(organizer, step('freeze'), round);
  const checker = await as('checker');
  await checker.goto(round);
  await send(checker, step('approve'), round);
  assert.equal((await visitor.request.get(`/contests/${slug}`)).status(), 404, 'a draft is not public');
  await organizer.goto(desk);
  await send(organizer, step('announce'), desk);
  await visitor.goto(`/contests/${slug}`);
  assert.equal(await visitor.locator('main a[href$="/enter"]').count(), 0, 'announced, not open');
  await send(organizer, step('open'), desk);

  // Entries: one with a recorded lecture. The instructor's branch has no secretary in this city, so it gets one.
  const instructor = await as('instructor');
  await instructor.goto(`/contests/${slug}/enter`);
  const own = await instructor.$$eval('#f-lecture option', (all) => all.map((one) => [one.value, one.textContent.trim()]));
  let lecture = null;
  for (const [id, name] of own.filter(([id]) => id)) {
    if (!lecture && (await visitor.request.get(`/lectures/${id}`)).ok()) lecture = { id, name };
  }
  assert.ok(lecture, 'the instructor has a recorded lecture that is public');
  const entrants = {};
  for (const [at, entry] of ENTRIES.entries()) {
    const page = entry.who === 'instructor' ? instructor : await as(entry.who, at % 2 ? { width: PHONE } : {});
    const more = entry.who === 'instructor' ? { lecture: lecture.id } : { isDraft: entry.who === 'member' };
    await enter(page, slug, { ...entry, title: titles[at] }, more);
    entrants[entry.who] = page;
  }
  const branch = ask(`SELECT m.branch_id FROM memberships m JOIN accounts a ON a.person_id = m.person_id
    WHERE a.username = 'instructor' AND m.valid_to IS NULL`);
  const secretary3 = unique('secretary').replace(' ', '-');
  const code = weixiao('account', 'add', secretary3, '--name', '支部书记').split(/\s+/).slice(1).join(' ');
  weixiao('account', 'grant', secretary3, 'secretary', '--scope', `branch:${branch}`);
  const theirs = await open();
  await theirs.goto('/activate');
  for (const [name, text] of [['name', secretary3], ['code', code], ['password', PASSWORD], ['again', PASSWORD]]) {
    await theirs.fill(`main input[name=${name}]`, text);
  }
  const consent = theirs.locator('main input[name=consent]');
  if (await consent.count()) await consent.check();
  await press(theirs, 'main form[action="/activate"] button');
  assert.notEqual(path(theirs), '/activate', await said(theirs));
  const secretary = await as('secretary', { width: PHONE });
  const secretary2 = await as('secretary2');
  for (const [page, at] of [[theirs, 0], [secretary, 1], [secretary2, 2], [secretary, 3], [secretary, 4]]) await endorse(page, titles[at]);

  // Two people look at each entry; then the last day passes.
  for (const name of ['reviewer1', 'reviewer2']) {
    const reviewer = await as(name);
    for (const entry of titles) {
      await reviewer.goto(`${desk}/screening`);
      await press(reviewer, `main a.row__title:has-text("${entry}")`);
      if (name === 'reviewer1' && entry === titles[0]) await isSound(reviewer);
      await reviewer.check('main input[name=verdict][value=passed]');
      await send(reviewer, 'form[action*="/screening/"] button', `${desk}/screening`);
    }
  }
  ask(`UPDATE contests SET opens_on = '${day(-3)}', closes_on = '${day(-1)}' WHERE id = ${contest}`);
  await organizer.goto(desk);
  await send(organizer, step('close'), desk);

  // Seven judges are invited and accept, lots are drawn with a number from outside, every judge gets every entry.
  const panel = `${desk}/judges`;
  const names = {};
  for (const judge of JUDGES) {
    await organizer.goto(panel);
    const person = await option(organizer, '#f-person', `（judge${judge}）`);
    names[judge] = (await organizer.locator(`#f-person option[value="${person}"]`).innerText()).split('（')[0];
    await organizer.selectOption('#f-person', person);
    await organizer.fill('#f-unit', '水务局总工');
    await send(organizer, `form[action="${panel}"] button`, panel);
  }
  const judges = {};
  for (const judge of JUDGES) {
    const options = { width: judge === 1 ? PHONE : DESK, javaScriptEnabled: judge !== WITHOUT_SCRIPTS, ...judge === 2 ? english : {} };
    judges[judge] = await as(`judge${judge}`, options);
    await judges[judge].goto('/judge');
    await press(judges[judge], `main a.row__title[href="/judge/contests/${contest}"]`);
    await judges[judge].check('main input[name=accepts_rules]');
    await send(judges[judge], 'button[name=answer][value=accept]', `/judge/contests/${contest}`);
  }
  await organizer.goto(round);
  await organizer.fill('#f-outside', '3 5 1');
  await send(organizer, step('draw'), round);
  await organizer.goto(panel);
  await send(organizer, step('assign'), panel);
  await isSound(organizer);
  await organizer.goto(round);
  await send(organizer, step('start'), round);
  await visitor.goto(`/contests/${slug}`);
  assert.equal(await visitor.locator('main ol.lots > li').count(), ENTRIES.length, 'anybody can draw the lots again');
  await isSound(visitor);

  // The sheets. What is typed is kept by itself; whoever is far from the others is asked once.
  const scorer = await as('scorer', english);
  const supervisor = await as('supervisor');
  const judging = (judge, look) => judgeAll(judges[judge], judge, contest, titles, look);
  const first = judges[1];
  await judging(1, async (given) => {
    const total = CRITERIA.reduce((sum, name, i) => sum + WEIGHTS[name] * Number(given[i]), 0) / 100;
    assert.ok(Math.abs(Number(await said(first, '[data-total]')) - total) < 0.0051, 'the total while it is filled in');
    await first.waitForFunction(() => {
      const saved = document.querySelector('[data-sheet]').dataset.saved;
      return document.querySelector('[data-status]').textContent === saved;
    });
    await first.reload();
    assert.equal(await first.inputValue('#s-form'), given[2], 'it was kept without a button');
    await isSound(first);
  });
  await judging(2, async () => {
    assert.ok(await longestLine(judges[2], 'main .scroll') > 200, 'the script is read in whole lines');
    await isSound(judges[2]);
  });
  assert.deepEqual(await Promise.all([3, 4, 5].map((judge) => judging(judge))), [0, 0, 0]);
  // The scorer's board, left open, shows by itself who has handed in; a stopwatch on it times a talk meanwhile.
  await scorer.goto(score);
  const before = await scorer.locator('[data-board]').innerText();
  const watch = scorer.locator('main [data-watch]').first();
  const field = scorer.locator('main #f-hall input[name=time]').first();
  const label = await watch.innerText();
  await watch.click();
  assert.notEqual(await watch.innerText(), label, 'it runs, and can be stopped');
  assert.equal(await judging(6), 1, 'far from the others on one entry');
  // A look at the board replaces its lines, not the clock that runs.
  await scorer.waitForFunction((text) => document.querySelector('[data-board]').innerText !== text, before, { timeout: 25_000 });
  assert.match(await field.inputValue(), /^\d+:[0-5]\d$/, 'and the clock went on');
  await watch.click();
  assert.equal(await watch.innerText(), label);
  const taken = await field.inputValue();
  assert.notEqual(taken, '0:00');
  await scorer.waitForTimeout(1_200);
  assert.equal(await field.inputValue(), taken, 'stopped');
  // Typed as a stopwatch shows it; what is no time is said, and the rest stays as it was typed.
  const times = scorer.locator('main #f-hall input[name=time]');
  for (let at = 1; at < ENTRIES.length; at += 1) await times.nth(at).fill('7:30');
  await times.nth(1).fill('7:75');
  await send(scorer, '#f-hall button:not([type=button])', `${score}/hall`);
  assert.equal(await times.nth(1).inputValue(), '7:75', 'what was typed stays');
  assert.equal(await times.nth(0).inputValue(), taken);
  await times.nth(1).fill('7:35');
  await send(scorer, '#f-hall button:not([type=button])', score);
  assert.deepEqual(await times.evaluateAll((all) => all.map((one) => one.value)), [taken, '7:35', '7:30', '7:30', '7:30'], 'in the order of the lots');
  const last = judges[WITHOUT_SCRIPTS];
  const asked = await judging(WITHOUT_SCRIPTS, async (given) => {
    await last.fill('#s-content', '101');
    await send(last, 'button[name=action][value=submit]', path(last));
    assert.equal(await last.locator('main [role=alert]').count(), 1, 'no score of this scale');
    assert.deepEqual([await last.inputValue('#s-content'), await last.inputValue('#s-form')], ['101', given[2]], 'what was typed stays');
    await last.fill('#s-content', given[0]);
    await send(last, 'button[name=action][value=draft]', path(last));
    assert.equal(await last.inputValue('#s-content'), given[0], 'a draft is kept by its button');
  });
  assert.equal(asked, 1);

  // Nobody sees a score before the lock, which takes two.
  for (const [page, address] of [[scorer, score], [supervisor, score], [organizer, panel], [visitor, `/contests/${slug}`]]) {
    await page.goto(address);
    assert.doesNotMatch(await wholeText(page), SCORE, `${address} shows no score`);
  }
  for (const page of [scorer, organizer]) assert.equal((await page.request.get(`${score}/result`)).status(), 404);
  await isSound(scorer);
  await send(scorer, step('lock'), score);
  assert.equal(await scorer.locator(`main ${step('lock')}`).count(), 0, 'not twice by the same person');
  await supervisor.goto(score);
  await send(supervisor, step('second-lock'), score);

  // Computed, checked and published by three people.
  const result = `${score}/result`;
  const revise = async (reason) => {
    await scorer.goto(result);
    if (reason) await scorer.fill('#f-reason', reason);
    await send(scorer, step('compute'), result);
    await checker.goto(result);
    await send(checker, step('check'), result);
    await organizer.goto(result);
    await send(organizer, step('publish'), result);
  };
  await revise(null);
  await scorer.reload();
  assert.match(await wholeText(scorer), SCORE);
  await isSound(scorer);
  await visitor.goto(`/contests/${slug}`);
  await isSound(visitor);
  await press(visitor, 'main a[href^="/rankings/"]');
  const ranking = path(visitor);
  const order = async (page) => (await page.locator('main table.ranking tbody th').allInnerTexts())
    .map((text) => titles.findIndex((entry) => text.includes(entry)));
  assert.deepEqual((await order(visitor)).slice(0, 2), [1, 0], 'two sheets put the first entry behind the second');
  await isSound(visitor);

  // A member objects; the supervisor leaves one sheet out, and the second revision says who moved and why.
  const { member } = entrants;
  await member.goto(ranking);
  await press(member, 'main #h-object ~ a[href*="/objections/"]');
  await isSound(member);
  await member.selectOption('#f-ground', 'recusal');
  await member.fill('#f-text', `${names[7]}和第二名是一个单位的，应当回避。`);
  await press(member, 'main form[action*="/objections/"] button');
  const filed = path(member);
  assert.match(filed, /^\/me\/cases\/\d+$/, await said(member));
  await isSound(member);
  await supervisor.goto(result);
  await press(supervisor, `main a[href="/score/objections/${filed.split('/').at(-1)}"]`);
  await isSound(supervisor);
  await supervisor.selectOption('#f-outcome', 'upheld');
  await supervisor.selectOption('#f-ruling', 'sheet_excluded');
  await supervisor.selectOption('#f-entry', await option(supervisor, '#f-entry', titles[0]));
  await supervisor.selectOption('#f-judge', await option(supervisor, '#f-judge', names[7]));
  const reasons = '核对属实：这份评分表应当回避。';
  await supervisor.fill('#f-reasons', reasons);
  await send(supervisor, 'form[action^="/score/objections/"] button', result);
  await member.reload();
  assert.ok((await said(member)).includes(reasons), 'who objected reads why');
  const why = '一份评分表应当回避，不计入。';
  await revise(why);
  await visitor.goto(ranking);
  assert.deepEqual((await order(visitor)).slice(0, 2), [0, 1]);
  const moved = visitor.locator('section[aria-labelledby=h-moved]');
  assert.ok((await moved.innerText()).includes(why), 'and everybody too');
  assert.equal(await moved.locator('tbody tr').count(), 2, 'who moved');
  await isSound(visitor);
  await reader.goto(ranking);
  await isSound(reader);

  // Anybody recomputes both files; one letter or digit is enough to be refused.
  for (const revision of [1, 2]) {
    await visitor.goto(`${ranking}/${revision}`);
    const href = await visitor.locator('main .dl a[href$=".json"]').getAttribute('href');
    assert.equal(href, `${ranking}/${revision}.json`);
    verifies(await (await visitor.request.get(href)).text(), `revision-${revision}`, folder);
  }

  // The notice passes, the result is final, and the winners become gold lecturers by another person.
  const over = `notice_from = '${day(-9)}', notice_until = '${day(-1)}'`;
  await organizer.goto(result);
  assert.ok(await organizer.locator(`main ${step('finish')}`).isDisabled(), 'not while the notice runs');
  ask(`UPDATE ranking_snapshots SET ${over} WHERE state = 'provisional' AND ranking_id = ${ranking.split('/').at(-1)}`);
  await organizer.goto(result);
  await send(organizer, step('finish'), result);
  await organizer.goto('/organize/honours');
  const honours = `/organize/honours/${contest}`;
  await press(organizer, `main a[href="${honours}"]`);
  await send(organizer, step('nominate'), honours);
  await send(organizer, step('notice'), honours);
  await visitor.goto('/honours');
  for (const at of [0, 1]) assert.ok((await said(visitor, 'section[aria-labelledby=h-notice]')).includes(titles[at]), 'everybody may speak first');
  ask(`UPDATE gold_lecturers SET ${over} WHERE contest_id = ${contest}`);
  await checker.goto(honours);
  await send(checker, step('appoint'), honours);
  await visitor.reload();
  const list = visitor.locator(`section[aria-labelledby=h-c${contest}] .goldlist > li`);
  assert.equal(await list.count(), 2);
  for (const at of [0, 1]) assert.equal(await list.filter({ hasText: titles[at] }).count(), 1);
  await isSound(visitor);
  await reader.goto('/honours');
  await isSound(reader);
  await instructor.goto('/honours');
  await press(instructor, 'main section[aria-labelledby=h-own] li:first-child a[href^="/honours/"]');
  const certificate = path(instructor);
  for (const words of [title, titles[0]]) assert.ok((await said(instructor, 'main article')).includes(words));
  await isSound(instructor);
  await reader.goto(certificate);
  assert.equal(await reader.locator('main .note--done').count(), 1, 'anybody sees that it holds');
  await isSound(reader);

  // The winner's lecture is broadcast.
  await organizer.goto('/broadcast/plans');
  const plan = unique('赛课展播');
  await organizer.fill('#f-title', plan);
  await organizer.fill('#f-from', day(0));
  await organizer.fill('#f-to', day(20));
  await press(organizer, 'main form[action="/broadcast/plans"] button');
  const planned = path(organizer);
  assert.match(planned, /^\/broadcast\/plans\/\d+$/, await said(organizer));
  await organizer.fill('#f-q', lecture.name);
  await press(organizer, 'main form[role=search] button');
  await organizer.check(`main input[name=lecture][value="${lecture.id}"]`);
  await organizer.selectOption('#f-channel', 'school');
  await send(organizer, step('lectures'), planned);
  await send(organizer, step('publish'), planned);
  await visitor.goto('/broadcast');
  const shown = visitor.locator('main section', { has: visitor.locator('h2', { hasText: plan }) });
  assert.equal(await shown.locator(`a[href="/lectures/${lecture.id}"]`).count(), 1, 'everybody finds it');
}, { timeout: 600_000 });
