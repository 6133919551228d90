// A journey through the portal as a test, in windows of its own. A failed one leaves pictures in out/.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { errorsOf, launch, reader } from './browser.mjs';
import { axe, sizes, structure, untranslated } from './checks.mjs';

const OUT = new URL('./out/', import.meta.url);

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/**
 * A journey in a window of its own; `go` gets its page, `open` for another one, and `onEnd` for what is to be closed. What the
 * console says as an error fails it, but for what matches `excused`. Other options are those of `reader`.
 */
export function journey(name, width, go, { timeout = 120_000, excused = null, ...options } = {}) {
  test(name, { timeout }, async () => {
    const opened = [];
    const ends = [];
    const open = async (more = {}) => {
      const context = await reader(browser, { width, ...options, ...more });
      const page = await context.newPage();
      opened.push({ context, page, errors: errorsOf(page) });
      return page;
    };
    try {
      await go(await open(), open, (end) => ends.push(end));
      assert.deepEqual(opened.flatMap(({ errors }) => errors).filter((said) => !excused?.test(said)), []);
    } catch (error) {
      fs.mkdirSync(OUT, { recursive: true });
      for (const [i, { page }] of opened.entries()) {
        await page.screenshot({ path: new URL(`${name.replace(/\W+/g, '-')}${i}.png`, OUT).pathname, timeout: 5_000 }).catch(() => { /* the first failure counts */ });
      }
      throw error;
    } finally {
      for (const end of ends) end();
      for (const { context } of opened) await context.close();
    }
  });
}

export const path = (page) => new URL(page.url()).pathname;
export const said = (page, selector = 'main') => page.locator(selector).first().innerText();
export const unique = (text) => `${text} ${Date.now().toString(36)}`;

/** Presses what leads to another page, and waits until it is there. */
export async function press(page, selector) {
  await Promise.all([page.waitForEvent('load'), page.locator(selector).click()]);
}

/** What pages.mjs cannot reach by an address is looked at where a journey has brought it up. */
export async function isSound(page) {
  const lang = await page.locator('html').getAttribute('lang');
  const findings = [...await structure(page, lang), ...lang === 'en' ? await untranslated(page) : []];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    findings.push(...(await axe(page)).map((finding) => `${colorScheme}: ${finding}`));
  }
  const { width, height } = page.viewportSize();
  for (const narrow of [320, width]) {
    await page.setViewportSize({ width: narrow, height });
    findings.push(...await sizes(page));
  }
  assert.deepEqual(findings, [], path(page));
}

export async function signOut(page) {
  await page.goto('/account');
  await page.click('main form[action="/sign-out"] button');
  await page.waitForLoadState();
}
