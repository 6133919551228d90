// Pictures of the main pages, for the README and for looking at:
//   BASE_URL=http://127.0.0.1:8080 node screenshots.mjs FOLDER
import fs from 'node:fs';
import path from 'node:path';
import { DESK, PHONE, launch, reader, signIn } from './browser.mjs';
import { addressOf } from './pages.mjs';

const folder = process.argv[2];
if (!folder) {
  console.error('usage: BASE_URL=http://127.0.0.1:8080 node screenshots.mjs FOLDER');
  process.exit(2);
}
fs.mkdirSync(folder, { recursive: true });

const PAGES = [
  { name: 'home', path: '/' },
  { name: 'lectures', path: '/lectures' },
  { name: 'lecture', path: '/lectures/1' },
  { name: 'booklets', path: '/booklets' },
  { name: 'booklet', path: '/booklets/fifty-questions' },
  { name: 'chapter', path: '/booklets/fifty-questions/1' },
  { name: 'instructors', path: '/instructors' },
  { name: 'schools', path: '/schools' },
  { name: 'school', path: '/schools/1' },
  { name: 'alliance', path: '/alliances/1' },
  { name: 'stories', path: '/stories' },
  { name: 'story', first: '/stories/', on: '/stories' },
  { name: 'bases', path: '/bases' },
  { name: 'base', first: '/bases/', on: '/bases' },
  { name: 'help', path: '/help' },
  { name: 'about', path: '/about' },
  { name: 'feedback', path: '/feedback' },
  { name: 'sign-in', path: '/sign-in' },
  { name: 'not-found', path: '/no-such-page' },
  { name: 'account', path: '/account', account: 'member' },
  { name: 'people', path: '/people', account: 'secretary' },
  { name: 'person', first: '/people/', on: '/people', account: 'secretary' },
  { name: 'audit', path: '/admin/audit', account: 'admin' },
];
/** Looks that only some pages are taken in. */
const LOOKS = [
  { name: '', of: () => true, options: {} },
  { name: '-dark', of: (page) => ['home', 'lecture', 'chapter', 'account'].includes(page.name), options: { colorScheme: 'dark' } },
  { name: '-elder', of: (page) => ['home', 'lectures', 'lecture', 'chapter'].includes(page.name), options: { manner: { mode: 'elder' } } },
  { name: '-en', of: (page) => ['home', 'lectures', 'lecture', 'schools'].includes(page.name), options: { manner: { lang: 'en' } } },
];

const browser = await launch();
let count = 0;
for (const [width, kind, longest] of [[PHONE, 'phone', 2500], [DESK, 'desktop', 3600]]) {
  for (const look of LOOKS) {
    const contexts = new Map();
    for (const one of PAGES.filter(look.of)) {
      if (!contexts.has(one.account)) {
        const context = await reader(browser, { width, ...look.options });
        contexts.set(one.account, context);
        if (one.account) await signIn(await context.newPage(), one.account);
      }
      const page = await contexts.get(one.account).newPage();
      await page.goto(await addressOf(page, one), { waitUntil: 'networkidle' });
      await page.evaluate(() => document.querySelectorAll('img[loading]').forEach((image) => { image.loading = 'eager'; }));
      await page.waitForLoadState('networkidle');
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: Math.min(height, longest) });
      await page.waitForTimeout(80);
      await page.screenshot({ path: path.join(folder, `${one.name}${look.name}-${kind}.png`) });
      await page.close();
      count += 1;
    }
    for (const context of contexts.values()) await context.close();
  }
}
await browser.close();
console.log(`${count} pictures in ${folder}`);
