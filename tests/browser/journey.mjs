// A journey through the portal as a test, in windows of its own. A failed one leaves pictures in out/.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { errorsOf, launch, reader } from './browser.mjs';

const OUT = new URL('./out/', import.meta.url);

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/** A journey in a window of its own; `open` opens another. What the console says as an error fails it. */
export function journey(name, width, go, options = {}) {
  test(name, { timeout: 120_000 }, async () => {
    const opened = [];
    const open = async (more = {}) => {
      const context = await reader(browser, { width, ...options, ...more });
      const page = await context.newPage();
      opened.push({ context, page, errors: errorsOf(page) });
      return page;
    };
    try {
      await go(await open(), open);
      assert.deepEqual(opened.flatMap(({ errors }) => errors), []);
    } catch (error) {
      fs.mkdirSync(OUT, { recursive: true });
      for (const [i, { page }] of opened.entries()) {
        await page.screenshot({ path: new URL(`${name.replace(/\W+/g, '-')}${i}.png`, OUT).pathname, timeout: 5_000 }).catch(() => { /* the first failure counts */ });
      }
      throw error;
    } finally {
      for (const { context } of opened) await context.close();
    }
  });
}

export const path = (page) => new URL(page.url()).pathname;
export const said = (page, selector = 'main') => page.locator(selector).first().innerText();
export const unique = (text) => `${text} ${Date.now().toString(36)}`;

export async function signOut(page) {
  await page.goto('/account');
  await page.click('main form[action="/sign-out"] button');
  await page.waitForLoadState();
}
