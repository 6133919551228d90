// Takes the pictures of the help pages, in both languages, into static/help:
//   BASE_URL=http://127.0.0.1:8080 SETUP_URL=http://127.0.0.1:8081 node pictures.mjs [NAME…]
// BASE_URL is a fresh demonstration city, SETUP_URL an installation that has no administrator yet. The files are part of
// the program: build it again afterwards. With names, only these pictures are taken.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BASE, PHONE, launch, reader, signIn } from './browser.mjs';
import { stepNow, telephoneCode } from './totp.mjs';

const SETUP = (process.env.SETUP_URL || 'http://127.0.0.1:8081').replace(/\/$/, '');
const FOLDER = fileURLToPath(new URL('../../static/help/', import.meta.url));
/** As high as a picture may be, in pixels: a screen of a phone. */
const TALLEST = 760;
/** As large as a file may be, in bytes. */
const LARGEST = 44_000;
const QUALITIES = [88, 84, 80, 76, 72, 68, 64, 60, 55, 50, 45, 40];
const LANGUAGES = [{ ending: 'zh', cookie: 'zh-CN' }, { ending: 'en', cookie: 'en' }];
/** What is fixed to the screen, or only in a demonstration. */
const HIDDEN = '.tabbar, .demo-strip { display: none !important; } * { caret-color: transparent !important; }';

/** A course that the member studies, and the name of one that members have asked for a place in. */
const COURSE = 'guanqu-yi-nian';
const ASKED_FOR = '山地搜救入门';

/** The first member of the secretary's branch who has not set a password yet. */
const FRESH_MEMBER = '.rows > li:not(:has(.tag--done)) a.row__title[href^="/people/"]';

/**
 * In the order in which they are taken; both languages one after the other. `go` opens the page, `after` puts back what
 * it changed. The picture begins at `from` instead of the top of the page, and ends below `to` instead of at a height.
 * Under `en` is what is different in English, which takes more room.
 */
const PICTURES = [
  { name: 'setup', go: (page) => page.goto(`${SETUP}/setup`) },
  { name: 'sign-in', go: (page) => page.goto('/sign-in') },
  { name: 'activate', tallest: 960, go: (page) => page.goto('/activate') },
  { name: 'home-phone', to: 'main .feature', en: { from: 'main form[role=search]' }, go: (page) => page.goto('/') },
  { name: 'elder-home', manner: { mode: 'elder' }, to: '#h-new', go: (page) => page.goto('/') },
  { name: 'lecture', go: (page) => page.goto('/lectures/1') },
  { name: 'search', go: (page) => page.goto('/search?q=分水') },
  { name: 'chapter', go: (page) => page.goto('/booklets/fifty-questions/1') },
  { name: 'account', account: 'member', go: (page) => page.goto('/account') },
  { name: 'people', account: 'secretary', go: (page) => page.goto('/people') },
  { name: 'person', tallest: 900, account: 'secretary', go: openMember },
  { name: 'acting', account: 'secretary', go: act, after: endActing },
  { name: 'code-slip', account: 'secretary', go: printCode },
  { name: 'audit', account: 'admin', width: 640, from: 'main .pagehead', tallest: 840, go: (page) => page.goto('/admin/audit') },
  { name: 'second-factor', account: 'member2', from: 'main ol.dots', tallest: 900, en: { from: 'main .qr' }, go: (page) => page.goto('/account/factor') },
  { name: 'recovery-codes', account: 'member2', go: setUpFactor, after: turnFactorOff },
  { name: 'questions', account: 'instructor', go: (page) => page.goto('/questions') },
  { name: 'admin', account: 'admin', go: (page) => page.goto('/admin') },
  { name: 'settings', account: 'admin', go: (page) => page.goto('/admin/settings') },
  { name: 'approval', tallest: 800, account: 'checker', go: lookAtProposal, after: withdrawProposal },
  { name: 'feedback', account: 'admin', go: (page) => page.goto('/admin/feedback') },
  { name: 'my-study', account: 'member', go: (page) => page.goto('/me') },
  { name: 'course', account: 'member', go: (page) => page.goto(`/courses/${COURSE}`) },
  { name: 'participants', account: 'organizer', width: 640, from: 'main tbody tr:nth-last-child(4)', to: '#h-act ~ .btns', en: { width: 700 }, go: openAsking },
  { name: 'roll', account: 'secretary', go: openRoll },
];

async function press(page, selector) {
  await page.click(selector);
  await page.waitForLoadState();
}

async function openMember(page) {
  await page.goto('/people');
  await page.goto(await page.locator(FRESH_MEMBER).first().getAttribute('href'));
}

/** Those who wait for the organizer's approval. */
async function openAsking(page) {
  await page.goto('/organize');
  await page.goto(await page.locator('main th a', { hasText: ASKED_FOR }).first().getAttribute('href'));
  const terms = await page.locator('main aside a[href^="/organize/offerings/"]').getAttribute('href');
  await page.goto(`${terms}/participants?state=requested`);
}

/** Who was at the discussion of the secretary's branch. */
async function openRoll(page) {
  await page.goto('/events?when=past&kind=study_discussion');
  await page.goto(`${await page.locator('main th a').first().getAttribute('href')}/roll`);
}

async function printCode(page) {
  await openMember(page);
  await press(page, 'main form[action$="/code"] button');
}

async function act(page) {
  await openMember(page);
  await press(page, 'main form[action$="/acting"] button');
}

async function endActing(page) {
  await press(page, '.acting form[action="/acting/end"] button');
}

let secret;
async function setUpFactor(page) {
  await page.goto('/account/factor');
  secret = await page.inputValue('main input[name=secret]');
  await page.fill('main input[name=code]', telephoneCode(secret));
  await press(page, 'main form:has(input[name=secret]) button');
}

/** With the code of the next step: each works once. */
async function turnFactorOff(page) {
  await page.goto('/account/factor');
  await page.fill('#f-off', telephoneCode(secret, stepNow() + 1));
  await press(page, 'main form[action="/account/factor/off"] button');
  if (new URL(page.url()).pathname !== '/account') throw new Error(`the second factor stayed: ${await page.locator('main').innerText()}`);
}

const NOTICE = '本站保存姓名、党员编号、所在支部和手机号，只用来登录和办理党员教育的事情。\n\n'
  + '谁看过您的信息、谁替您办过事，都写在“我的账号”里。记录不对的，请到“投诉和建议”提出。';

async function lookAtProposal(page) {
  const admin = await windowOf('admin');
  await admin.goto('/admin/settings/privacy_notice');
  await admin.fill('main textarea[name=value]', NOTICE);
  await press(admin, 'main form[action="/admin/settings/privacy_notice"] button[type=submit]');
  await page.goto('/admin/settings');
}

async function withdrawProposal() {
  const admin = await windowOf('admin');
  await admin.goto('/admin/settings');
  await press(admin, 'main form[action$="/withdrawn"] button');
}

const browser = await launch();
const windows = new Map();

/** The window of an account at a width, signed in in the first place. */
async function windowOf(account, width = PHONE, manner = {}) {
  const key = JSON.stringify([account, width, manner]);
  if (!windows.has(key)) {
    const context = await reader(browser, { width, manner, colorScheme: 'light', bypassCSP: true });
    const page = await context.newPage();
    if (account) await signIn(page, account);
    windows.set(key, page);
  }
  return windows.get(key);
}

/**
 * The lowest edge up to `tallest` that cuts no line of text, picture, button or small box, and no large box near its top;
 * or the end of the content.
 */
function lowestEdge({ top, tallest }) {
  const main = document.querySelector('main');
  const end = Math.floor(main.getBoundingClientRect().bottom);
  if (end <= top + tallest) return end;
  const whole = [];
  const add = (rect, most = Infinity) => {
    if (rect.width > 1 && rect.height > 1) whole.push({ top: rect.top, bottom: Math.min(rect.bottom, rect.top + most) });
  };
  for (const element of main.querySelectorAll('*')) {
    const rect = element.getBoundingClientRect();
    // Words for screen readers only are a pixel wide.
    if (!element.checkVisibility() || rect.width <= 1 || rect.height <= 1) continue;
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const line of range.getClientRects()) add(line);
    }
    const style = getComputedStyle(element);
    const isBox = parseFloat(style.borderLeftWidth) > 0 || style.backgroundColor !== 'rgba(0, 0, 0, 0)';
    // What heads something stands with the beginning of it.
    if (element.matches('h1, h2, h3, h4, label, legend, thead')) add({ ...rect.toJSON(), bottom: rect.bottom + 60 });
    if (element.matches('img, svg, video, tr')) add(rect);
    else if (isBox) add(rect, rect.height < 240 ? Infinity : 56);
  }
  let edge = top + tallest;
  for (let cut; (cut = whole.find((box) => box.top < edge && edge < box.bottom));) edge = cut.top;
  return Math.floor(edge);
}

async function take(picture, language) {
  const { name, account, width = PHONE, manner, tallest = TALLEST, from, to } = { ...picture, ...picture[language.ending] };
  const page = await windowOf(account, width, manner);
  await page.context().addCookies([BASE, SETUP].map((url) => ({ name: 'lang', value: language.cookie, url })));
  await picture.go(page);
  await page.addStyleTag({ content: HIDDEN });
  await page.evaluate(() => document.querySelectorAll('img[loading]').forEach((image) => { image.loading = 'eager'; }));
  await page.waitForLoadState('networkidle');
  // The player shows that it is loading until it has what it wants, and a moment longer.
  await page.waitForFunction(() => [...document.querySelectorAll('video')].every((video) => video.networkState !== video.NETWORK_LOADING));
  if (await page.locator('video').count()) await page.waitForTimeout(1_000);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(844, Math.min(height, 2_000)) });
  await page.evaluate(() => { document.activeElement?.blur(); window.scrollTo(0, 0); });
  // Nothing under the pointer, which is where it pressed last.
  await page.mouse.move(width - 1, 1);
  await page.waitForTimeout(150);
  const top = from ? Math.floor((await page.locator(from).first().boundingBox()).y) - 16 : 0;
  const last = to && await page.locator(to).first().boundingBox();
  const edge = last ? Math.ceil(last.y + last.height) + 16 : await page.evaluate(lowestEdge, { top, tallest });
  const clip = { x: 0, y: top, width, height: edge - top };
  let bytes;
  for (const quality of QUALITIES) {
    bytes = await page.screenshot({ type: 'jpeg', quality, clip });
    if (bytes.length <= LARGEST) {
      const file = `${name}.${language.ending}.jpg`;
      fs.writeFileSync(path.join(FOLDER, file), bytes);
      console.log(`${file}  ${width} × ${clip.height}  ${bytes.length} bytes, quality ${quality}`);
      break;
    }
  }
  if (bytes.length > LARGEST) throw new Error(`${name} has ${bytes.length} bytes`);
  await picture.after?.(page);
}

const wanted = process.argv.slice(2);
for (const picture of PICTURES.filter(({ name }) => !wanted.length || wanted.includes(name))) {
  for (const language of LANGUAGES) await take(picture, language);
}
await browser.close();
