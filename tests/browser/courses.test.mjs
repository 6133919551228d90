// Courses, from an organizer's empty one to a member's record that anybody can check: on a phone, and once more without
// JavaScript. Each journey makes a course of its own.
import assert from 'node:assert/strict';
import { DESK, PHONE, signIn } from './browser.mjs';
import { isSound, journey, path, press, said, unique } from './journey.mjs';

/** A recorded lecture of a minute, of which six seconds are enough. */
const LECTURE = 2;
const SHARE = 10;

/** The organizer makes a course with a lecture and a chapter, and hands it in; its address at the desk. */
async function makeCourse(page, title) {
  await signIn(page, 'organizer', '/organize');
  await press(page, 'main a[href="/organize/courses/new"]');
  await page.fill('[name=title]', title);
  await page.fill('[name=summary]', '一堂课、一章读本。');
  await page.fill('[name=text]', '## 学什么\n\n<script>alert(1)</script>\n\n先看课，再读一章。');
  await page.selectOption('[name=topic]', { index: 1 });
  await page.check('[name=mode][value=online]');
  await page.fill('[name=hours]', '1.5');
  await press(page, 'main form[action="/organize/courses"] .btn--go');
  const course = path(page);
  assert.match(course, /^\/organize\/courses\/\d+$/);

  await page.goto(`${course}/add/lectures?q=${LECTURE}`);
  await press(page, `main button[name=lecture][value="${LECTURE}"]`);
  await page.goto(course);
  await press(page, 'main .rows a.row__title');
  await page.fill('[name=share]', String(SHARE));
  await press(page, 'main form .btn--go');

  await page.goto(`${course}/add/chapters`);
  await page.selectOption('[name=booklet]', { index: 1 });
  await press(page, `main form[method=get] button`);
  await page.locator('[name=chapter]').first().check();
  await press(page, 'main form[method=post] .btn--go');
  await page.goto(course);
  assert.equal(await page.locator('main .rows a.row__title').count(), 2);
  await press(page, `main form[action="${course}/submit"] button`);
  assert.equal(path(page), course);
  assert.match(await said(page), /审核中/);
  return course;
}

/** Somebody else passes it; its public address. */
async function passCourse(page, course, title) {
  await signIn(page, 'checker', '/review/courses');
  await press(page, `main a[href="${course.replace('/organize', '/review')}"]`);
  assert.ok((await said(page)).includes('<script>alert(1)</script>'), 'what an author wrote is shown as text');
  await page.check('[name=verdict][value=passed]');
  await press(page, 'main aside form button');
  await page.goto('/courses');
  const address = await page.locator('main a', { hasText: title }).first().getAttribute('href');
  assert.match(address, /^\/courses\//);
  return address;
}

/** Says that the chapter is read, and follows the way to the record. */
async function finish(page, open, address, title) {
  await page.goto(address);
  // On a city where the journey was made before, this member has read it: that counts for every course.
  if (await page.locator('main form[action$="/read"] button').count()) await press(page, 'main form[action$="/read"] button');
  await page.goto(address);
  const claim = page.locator(`main form[action="${address}/finish"] button`);
  if (await claim.count()) await press(page, `main form[action="${address}/finish"] button`);
  await page.goto(address);
  await press(page, 'main a[href^="/me/records/"]');
  const record = await said(page, 'main article');
  assert.ok(record.includes(title) && record.includes('1.5 学时'), record);
  const check = (await said(page, '.paper__url')).trim();
  assert.match(check, /\/v\/[0-9A-Z-]+$/);

  const visitor = await open();
  await visitor.goto(new URL(check).pathname);
  assert.ok((await said(visitor)).includes('这份记录有效') && (await said(visitor)).includes(title));
  await visitor.goto('/v/2222-2222-2222-2222');
  assert.match(await said(visitor), /没有这样一份记录/);
  return visitor;
}

journey('from an empty course to a record that anybody can check', PHONE, async (page, open) => {
  const title = unique('渠道巡查');
  const course = await makeCourse(page, title);
  await isSound(page);
  const address = await passCourse(await open({ width: DESK }), course, title);

  const member = await open();
  await signIn(member, 'member', address);
  await isSound(member);
  await press(member, `main form[action="${address}/enrol"] button`);
  assert.equal(path(member), address);
  assert.match(await said(member), /已报名/);

  await member.goto(`/lectures/${LECTURE}`);
  const counted = member.waitForResponse((answer) => answer.url().endsWith('/watch/beat') && answer.ok(), { timeout: 60_000 });
  await member.click('#player [data-do=start]');
  await counted;
  // Leaving sends what was played since the last beat.
  await member.goto(address);
  await finish(member, open, address, title);
  await member.goto('/me');
  assert.ok((await said(member)).includes(title));
  await isSound(member);
});

journey('without JavaScript, the same way', PHONE, async (page, open) => {
  const title = unique('水闸值守');
  const course = await makeCourse(page, title);
  const address = await passCourse(await open(), course, title);
  const member = await open();
  await signIn(member, 'member2', address);
  await press(member, `main form[action="${address}/enrol"] button`);
  await member.goto(`/lectures/${LECTURE}`);
  await press(member, 'form[action="/watch/start"] button');
  await member.waitForTimeout(8_000);
  await press(member, 'form[action="/watch/finish"] button');
  await finish(member, open, address, title);
}, { javaScriptEnabled: false });
