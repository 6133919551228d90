// Starts Chromium as this project needs it and opens windows in it: width, colours, language and mode of a reader.
import { chromium } from 'playwright-core';

export const BASE = (process.env.BASE_URL || 'http://127.0.0.1:8080').replace(/\/$/, '');
export const PASSWORD = 'weixiao-demo';
export const PHONE = 390;
export const DESK = 1280;

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--lang=zh-CN',
  ],
});

/**
 * A fresh reader. `width` under 500 is a phone with touch. `manner` holds the cookies of the portal: mode, lang, theme.
 * Other options are Playwright's own: colorScheme, javaScriptEnabled, storageState.
 */
export async function reader(browser, { width = PHONE, manner = {}, ...options } = {}) {
  const isPhone = width < 500;
  const context = await browser.newContext({
    baseURL: BASE, viewport: { width, height: isPhone ? 844 : 900 }, isMobile: isPhone, hasTouch: isPhone,
    locale: 'zh-CN', timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce', ...options,
  });
  context.setDefaultTimeout(15_000);
  await context.addCookies(Object.entries(manner).map(([name, value]) => ({ name, value, url: BASE })));
  return context;
}

/** Fills in the sign-in form that is on the page, and sends it. */
export async function fillSignIn(page, name, password = PASSWORD) {
  await page.fill('main input[name=name]', name);
  await page.fill('main input[name=password]', password);
  await page.click('main form[action="/sign-in"] button[type=submit]');
  await page.waitForLoadState();
}

export async function signIn(page, name, next = '/account') {
  await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
  await fillSignIn(page, name);
  if (new URL(page.url()).pathname === '/sign-in') throw new Error(`${name} could not sign in: ${await page.locator('main').innerText()}`);
}

/** What a page says on the console as an error: failed scripts, refused styles, missing files. */
export function errorsOf(page) {
  const errors = [];
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    // The page itself is asked for its status where it is opened; the browser also says it here.
    if (/^Failed to load resource/.test(message.text()) && url === page.url()) return;
    errors.push(`${message.text()} ${url ?? ''}`.trim());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  return errors;
}
