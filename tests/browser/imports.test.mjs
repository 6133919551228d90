// A list of members comes as a file: with errors, corrected, applied, taken back; at 390 pixels, and without JavaScript. Run by
// tests/run like journeys.test.mjs; what it adds it takes away again.
import assert from 'node:assert/strict';
import { PHONE, signIn } from './browser.mjs';
import { isSound, journey, path, press, said } from './journey.mjs';

/** A file as a browser sends it. */
const csv = (name, lines) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(`${lines.join('\n')}\n`) });

/** Uploads a list of members and has it checked with the columns as they are guessed; the path of its page. */
async function check(page, file) {
  await page.goto('/imports');
  await page.setInputFiles('#f-file', file);
  await press(page, 'form[action="/imports"] button');
  const at = path(page);
  assert.match(at, /^\/imports\/\d+$/, await said(page));
  await press(page, `form[action="${at}/mapping"] button`);
  assert.equal(path(page), at);
  return at;
}

/** The number on a chip. */
const count = async (page, name) => Number((await said(page, `a.chip[href$="show=${name}"]`)).match(/\d+$/)[0]);

async function go(page, sound) {
  await signIn(page, 'committee');
  await page.goto('/imports');
  if (sound) await isSound(page);
  // The branch of the first person, as an export names it.
  const mark = Date.now().toString(36).toUpperCase();
  await page.selectOption('#f-what', 'members');
  await page.selectOption('#f-form', 'csv');
  await page.selectOption('#f-purpose', 'check');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('form[action="/imports/export"] button')]);
  const text = await (await import('node:fs/promises')).readFile(await download.path(), 'utf8');
  const [headings, first] = text.split(/\r?\n/);
  assert.match(headings, /党员编号,姓名/);
  const branch = first.split(',')[5];

  const wrong = await check(page, csv('新党员.csv', ['姓名,编号,党支部,阶段,手机', `𠮷谷,${mark}1,${branch},正式党员,`, `沈谷,${mark}2,没有的支部,群众,12`]));
  assert.equal(await count(page, 'wrong'), 1);
  assert.equal(await count(page, 'new'), 1);
  const told = await said(page);
  for (const words of ['没有叫“没有的支部”的组织', '要写：入党申请人', '不像电话号码']) assert.ok(told.includes(words), told);
  assert.equal(await page.locator(`form[action="${wrong}/apply"]`).count(), 0);
  if (sound) await isSound(page);

  const right = await check(page, csv('新党员-改好.csv', ['姓名,编号,党支部,阶段,手机', `𠮷谷,${mark}1,${branch},正式党员,`, `沈谷,${mark}2,${branch},预备党员,13900000012`]));
  assert.equal(await count(page, 'wrong'), 0);
  assert.equal(await count(page, 'new'), 2);
  if (sound) await isSound(page);
  await press(page, `form[action="${right}/apply"] button`);
  assert.ok((await said(page)).includes('已导入'), await said(page));
  if (sound) await isSound(page);
  await page.goto(`/people?name=${mark}1`);
  assert.ok((await said(page)).includes('𠮷谷'), await said(page));

  await page.goto(right);
  await press(page, `form[action="${right}/undo"] button`);
  assert.ok((await said(page)).includes('已撤销'), await said(page));
  await page.goto(`/people?name=${mark}1`);
  assert.ok(!(await said(page)).includes('𠮷谷'));
}

journey('a list with errors is corrected, applied and taken back', PHONE, (page) => go(page, true));
journey('a list without JavaScript', PHONE, (page) => go(page, false), { javaScriptEnabled: false });
