import { chromium, type Browser, type Page } from 'playwright-core';

import { chromiumFlags } from '../../../../scripts/find-chromium.mjs';

export { findChromium } from '../../../../scripts/find-chromium.mjs';

/** WebGPU in software, where there is no graphics card. */
const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Starts a browser that has WebGPU. */
export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [...chromiumFlags.filter((flag) => flag !== '--disable-gpu'), ...WEBGPU],
  });

/** Opens a page, with what it complains of. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 760 } });
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(url);
  return { page, problems };
}
