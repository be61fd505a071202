import { chromium, type Browser, type Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chromiumFlags, findChromium } from '../../../../scripts/find-chromium.mjs';
import { improvementFigure } from '../compare/improvement-figure.ts';
import { html } from './html.ts';
import { reportPage } from './page.ts';
import { numbers, table, words } from './table.ts';

const NAME = 'meow (layers=affine, deterministic=best-of-k, shifts=0)';
const interval = html`−12,345 <small>(−23,456 to −12,345)</small>`;
const disturbed = [
  'no noise',
  'observation noise 0.05',
  'observation noise 0.2',
  'action noise 0.1',
  'action noise 0.3',
];

const page = reportPage(
  'Tables',
  html`<section class="card wide" id="wide">
      <p class="legend">
        <span><i class="swatch"></i>${NAME.replaceAll(' ', '-')}-${NAME} <small>3 seeds</small></span>
      </p>
      ${table(
        [words('algorithm'), words('actions'), ...disturbed.map(numbers)],
        [[NAME, 'deterministic', ...disturbed.map(() => interval)]],
      )}
    </section>
    <div class="columns">
      <section class="card" id="narrow">
        ${improvementFigure([
          { x: NAME, y: NAME, where: 'HalfCheetah-v5', probability: { estimate: 0.5, low: 0, high: 1 } },
        ])}
        ${table(
          [words('pair'), numbers('P'), numbers('95% interval')],
          [[`${NAME} > ${NAME}`, '0.50', '0.00 to 1.00']],
        )}
      </section>
      <section class="card"></section>
    </div>`,
);

const executablePath = findChromium();

const edges = async (element: Locator): Promise<readonly [number, number]> => {
  const box = await element.boundingBox();
  if (!box) throw new Error('it is not on the page');
  return [box.x, box.x + box.width];
};

describe.skipIf(executablePath === undefined)('tables of a report in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: chromiumFlags });
  });
  afterAll(() => browser.close());

  const open = async (width: number) => {
    const tab = await browser.newPage({ viewport: { width, height: 900 } });
    await tab.setContent(page);
    return tab;
  };

  it('show all of their numbers on a desktop, and their labels end within the card', async () => {
    const tab = await open(1100);
    for (const card of ['#wide', '#narrow']) {
      const [, end] = await edges(tab.locator(`${card} .scroll`));
      const [, last] = await edges(tab.locator(`${card} td.number`).last());
      expect(last).toBeLessThan(end + 1);
    }
    const [, end] = await edges(tab.locator('#narrow svg'));
    expect((await edges(tab.locator('#narrow svg text', { hasText: 'HalfCheetah-v5' })))[1]).toBeLessThan(
      end + 1,
    );
  });

  it('show their names and a number on a phone, and a shade where there is more, which can be scrolled to', async () => {
    const tab = await open(400);
    for (const card of ['#wide', '#narrow']) {
      const scroll = tab.locator(`${card} .scroll`);
      const [start, end] = await edges(scroll);
      expect((await edges(tab.locator(`${card} td.number`).first()))[1]).toBeLessThan(end + 1);
      await tab.locator(`${card} td.number`).last().scrollIntoViewIfNeeded();
      await expect
        .poll(async () => (await edges(tab.locator(`${card} td.number`).last()))[1])
        .toBeLessThan(end + 1);
      expect((await edges(tab.locator(`${card} td.name`).first()))[0]).toBeCloseTo(start, 0);
      expect(
        await tab.evaluate(`getComputedStyle(document.querySelector('${card} .scroll')).backgroundImage`),
      ).toContain('linear-gradient');
    }
    expect((await edges(tab.locator('.legend span')))[1]).toBeLessThanOrEqual(
      (await edges(tab.locator('.legend')))[1],
    );
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(400);
  });
});
