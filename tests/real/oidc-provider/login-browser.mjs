#!/usr/bin/env node
// login-browser.mjs URL: the same as login.mjs with a real browser, headless Chromium.
//
// Works as $BROWSER. The settings are in person.mjs, and besides:
//
//   CHROMIUM          the browser's program (default: the first of chromium, chromium-browser, google-chrome on PATH)
//   LOGIN_SCREENSHOT  a file that gets a picture (PNG) of the last page
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { load } from './modules.mjs';
import { deny, finish, start, user, userCode, write } from './person.mjs';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
// Nothing but loopback is ever asked for: the sign-in page would like a font from elsewhere.
const ONLY_LOOPBACK = `--host-resolver-rules=MAP * ~NOTFOUND , ${LOOPBACK.map((host) => `EXCLUDE ${host}`).join(' , ')}`;
const MOST_PAGES = 12;
const PATIENCE = 60_000;

function program() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const places = names.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name)));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`none of ${names.join(', ')} is on PATH`);
  return found;
}

/** What a person does on this page, as a function to call; undefined when there is nothing to press. */
async function press(page) {
  const one = async (selector) => ((await page.locator(selector).count()) ? page.locator(selector).first() : undefined);
  const cancel = deny && await one('a[href$="/abort"], button[name=abort]');
  if (cancel) return () => cancel.click();
  const code = await one('input[type=text][name=user_code]');
  if (code) {
    if (!(await code.inputValue())) await code.fill(userCode);
    return () => code.press('Enter');
  }
  const login = await one('input[name=login]');
  if (login) {
    await login.fill(user);
    await page.fill('input[name=password]', 'any password');
  }
  const button = await one('button[type=submit]');
  return button && (() => button.click());
}

/** Goes on until a page has nothing to press, and gives the status of that page. */
async function walk(page, url) {
  let status;
  page.on('response', (response) => {
    if (response.request().isNavigationRequest()) status = response.status();
  });
  await page.goto(url);
  const home = new URL(page.url()).origin;
  for (let pages = 1; pages < MOST_PAGES; pages += 1) {
    await page.waitForLoadState('load');
    const away = new URL(page.url()).origin !== home;
    const next = away ? undefined : await press(page);
    if (!next) return status;
    await Promise.all([page.waitForEvent('framenavigated'), next()]);
  }
  throw new Error(`no end after ${MOST_PAGES} pages, the last was ${new URL(page.url()).pathname}`);
}

async function visit(url, profile) {
  const { default: { chromium } } = await load('playwright-core');
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: program(), headless: true, args: [...FLAGS, ONLY_LOOPBACK], timeout: PATIENCE,
  });
  try {
    const page = browser.pages()[0] ?? await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    const status = await walk(page, url);
    if (process.env.LOGIN_SCREENSHOT) write(process.env.LOGIN_SCREENSHOT, await page.screenshot());
    const text = (await page.locator('body').innerText()).trim();
    return { text, status, url: new URL(page.url()) };
  } finally {
    await browser.close();
  }
}

async function visitWithNewProfile(url) {
  const profile = mkdtempSync(join(tmpdir(), 'login-browser-'));
  try {
    return await visit(url, profile);
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const url = start();
try {
  // Told last: whoever waits for the page's text finds the browser closed and its profile gone.
  finish(await visitWithNewProfile(url));
} catch (error) {
  console.error(`login-browser: ${error.message}`);
  process.exitCode = 1;
}
