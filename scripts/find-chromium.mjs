import { existsSync } from 'node:fs';

/** Where Chromium is looked for: CHROMIUM, then where Debian, Fedora and macOS put it. */
const places = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * The browser for tests that need one.
 *
 * @returns {string | undefined} its path; undefined if there is none, having said that such tests are skipped
 * @throws Error instead, where CI is set
 */
export function findChromium() {
  const browser = places.find((place) => place !== '' && existsSync(place));
  if (browser !== undefined) return browser;
  const what = 'No Chromium found. Install it, or set CHROMIUM to its path';
  if (process.env.CI) throw new Error(`${what}: CI runs the tests that need a browser.`);
  console.warn(`${what}, to run the tests that need a browser; they are skipped.`);
  return undefined;
}

/** No network, no sandbox (containers lack what it needs), WebGL in software. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];
