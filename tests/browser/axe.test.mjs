// Every page as each kind of reader has it: phone and desk, light and dark, 长辈版, English. Run by tests/run.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { BASE, DESK, PHONE, errorsOf, launch, reader, signIn } from './browser.mjs';
import { SIGNED_IN, VISITOR, addressOf, nameOf } from './pages.mjs';
import { axe, inline, sizes, structure, untranslated } from './checks.mjs';

/** CSS and scripts of a page together, as transferred. */
const BUDGET = 50 * 1024;
/** One window per reader and kind; the first width is where axe looks, at the others only sizes are measured. */
const READERS = [
  { name: 'phone', widths: [PHONE, 360, 320], colours: ['light', 'dark'] },
  { name: 'desk', widths: [DESK, 768], colours: ['light', 'dark'] },
  { name: '长辈版', widths: [PHONE, 320], colours: ['light'], manner: { mode: 'elder' } },
  { name: 'English', widths: [PHONE], colours: ['light'], manner: { lang: 'en' } },
];

let browser;
const contexts = new Map();
const sessions = new Map();

before(async () => {
  browser = await launch();
  for (const account of Object.keys(SIGNED_IN)) {
    const context = await reader(browser);
    await signIn(await context.newPage(), account);
    sessions.set(account, await context.storageState());
    await context.close();
  }
});
after(() => browser?.close());

/** The window of one kind of reader, kept for all pages. */
function windowOf(kind, account) {
  const key = `${kind.name} ${account ?? ''}`;
  if (!contexts.has(key)) {
    contexts.set(key, reader(browser, { width: kind.widths[0], storageState: sessions.get(account) })
      .then(async (context) => {
        const cookies = Object.entries(kind.manner ?? {}).map(([name, value]) => ({ name, value, url: BASE }));
        await context.addCookies(cookies);
        return context;
      }));
  }
  return contexts.get(key);
}

async function look(kind, entry, account) {
  const page = await (await windowOf(kind, account)).newPage();
  try {
    const address = await addressOf(page, entry);
    assert.ok(address, `no link to ${entry.first} on ${entry.on}`);
    const errors = errorsOf(page);
    const findings = [];
    const answer = await page.goto(address, { waitUntil: 'load' });
    if (answer.status() !== (entry.status ?? 200)) findings.push(`answered ${answer.status()}`);
    findings.push(...inline(await answer.text()));
    findings.push(...await structure(page, kind.manner?.lang ?? 'zh-CN'));
    if (kind.manner?.lang === 'en') findings.push(...await untranslated(page));
    for (const colorScheme of kind.colours) {
      await page.emulateMedia({ colorScheme });
      findings.push(...(await axe(page)).map((finding) => `${colorScheme}: ${finding}`));
    }
    for (const width of kind.widths) {
      await page.setViewportSize({ width, height: page.viewportSize().height });
      findings.push(...await sizes(page));
    }
    findings.push(...errors.map((error) => `console: ${error}`));
    if (findings.length) {
      // The findings say it all; where in this file they were found does not matter.
      const error = new Error(`${address}\n${[...new Set(findings)].join('\n')}`);
      error.stack = error.message;
      throw error;
    }
  } finally {
    await page.close();
  }
}

const visitors = VISITOR.map((entry) => [undefined, entry]);
const members = Object.entries(SIGNED_IN).flatMap(([account, entries]) => entries.map((entry) => [account, entry]));

// Two at a time: one is drawn while the other is measured.
describe('pages', { concurrency: 2 }, () => {
  for (const kind of READERS) {
    for (const [account, entry] of [...visitors, ...members]) {
      test(`${nameOf(entry)} · ${kind.name}${account ? ` · ${account}` : ''}`, () => look(kind, entry, account));
    }
  }
});

describe('weight', () => {
  for (const path of ['/', '/lectures']) {
    test(`CSS and scripts of ${path} stay under ${BUDGET / 1024} KB`, async () => {
      const context = await reader(browser);
      const page = await context.newPage();
      const files = [];
      page.on('requestfinished', (request) => {
        if (/stylesheet|script/.test(request.resourceType())) files.push(request);
      });
      await page.goto(path, { waitUntil: 'networkidle' });
      const bytes = await Promise.all(files.map(async (file) => (await file.sizes()).responseBodySize));
      await context.close();
      assert.ok(bytes.length >= 2, 'no style sheet was loaded');
      const sum = bytes.reduce((a, b) => a + b, 0);
      assert.ok(sum > 0 && sum < BUDGET, `${sum} bytes: ${files.map((file, i) => `${file.url()} ${bytes[i]}`).join(', ')}`);
    });
  }
});
