import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chromiumFlags, findChromium } from '../../../../scripts/find-chromium.mjs';
import { halfCheetah, hopper, loadMujoco } from '../index.ts';
import { recordEpisode, replayPage, type Recording } from './index.ts';

const mujoco = await loadMujoco();

function episode(make: typeof halfCheetah | typeof hopper, seed: number, length: number): Recording {
  const task = make(mujoco);
  const env = recordEpisode(task, task, { caption: '<b>seed & all</b>' });
  env.reset({ seed });
  const action = new Float64Array(task.actionSpace.size).fill(0.3);
  for (let i = 0; i < length; i += 1) if (env.step(action).terminated) break;
  const recording = env.recording();
  env.close();
  return recording;
}

const cheetah = episode(halfCheetah, 1, 200);
const html = await replayPage([cheetah, episode(hopper, 2, 20)], { title: 'A </title> & more' });

describe('replayPage', () => {
  it('is one file that loads nothing', () => {
    const markup = html.replaceAll(/<script[\s\S]*?<\/script>/g, '');
    expect(markup).not.toMatch(/\bsrc=|@import|url\(|href="(?!data:)/);
    expect(html.match(/<script/g)).toHaveLength(3);
    expect(html).toContain('<title>A &lt;/title&gt; &amp; more</title>');
  });

  it('keeps the licence of what is bundled', () => {
    expect(html).toMatch(/@license[\s\S]{0,80}Three\.js Authors/);
  });

  it('wants a recording', async () => {
    await expect(replayPage([])).rejects.toThrow('replayPage: there are no recordings.');
  });
});

/** Share of pixels that differ visibly. */
const changedShare = (a: number[], b: number[]) =>
  a.filter((value, i) => Math.abs(value - (b[i] ?? 0)) > 8).length / a.length;

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)('a replay page in a browser', () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'meow-replay-'));
    const file = path.join(folder, 'replay.html');
    await writeFile(file, html);
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: chromiumFlags });
    page = await browser.newPage({ viewport: { width: 400, height: 300 }, reducedMotion: 'reduce' });
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('request', (request) => {
      if (!/^(file|data|blob):/.test(request.url())) problems.push(`loads ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
    await page.locator('#step', { hasText: 'of 200' }).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  const text = (id: string) => page.locator(`#${id}`).innerText();
  const step = async () => Number.parseInt(await text('step'), 10);
  /** Waits until the step is what it should be. */
  const reach = (condition: (step: number) => boolean) => expect.poll(step).toSatisfy(condition);
  /** Brightness of every pixel of the view, once it has been drawn. */
  const brightness = async (): Promise<number[]> => {
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const png = await page.locator('#view').screenshot();
    // The browser itself decodes the picture, in a page where it can be read.
    return page.evaluate<number[]>(`(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${png.toString('base64')}';
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      return Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
    })()`);
  };

  it('shows what was recorded', async () => {
    expect(await text('title')).toBe('HalfCheetah-v5');
    expect(await text('caption')).toBe('<b>seed & all</b>');
    expect(await step()).toBe(0);
    const pixels = await brightness();
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length;
    expect(variance).toBeGreaterThan(100);
  });

  it('plays and pauses by button and space bar', async () => {
    await page.locator('#play').click();
    await reach((now) => now > 2);
    await page.locator('#play').click();
    const paused = await step();
    await page.waitForTimeout(150);
    expect(await step()).toBe(paused);
    await page.locator('#view').focus();
    await page.keyboard.press('Space');
    await reach((now) => now > paused);
    await page.keyboard.press('Space');
    expect(await page.locator('#play').getAttribute('aria-label')).toBe('Play');
  });

  it('scrubs by slider and keys, and sums up the reward', async () => {
    await page.locator('#scrub').fill('40');
    await reach((now) => now === 40);
    expect(await text('time')).toBe('2.00 s');
    const sum = cheetah.rewards.subarray(0, 40).reduce((total, reward) => total + reward, 0);
    expect(await text('reward')).toBe(sum.toFixed(1));
    await page.locator('#view').focus();
    await page.keyboard.press('ArrowRight');
    await reach((now) => now === 41);
    await page.locator('#scrub').fill('200');
    await reach((now) => now === 200);
    expect(await text('ending')).toBe('recording stops here');
    expect(await text('reward')).toBe(cheetah.episodeReturn.toFixed(1));
  });

  it('orbits when dragged, and comes back', async () => {
    await page.locator('#scrub').fill('0');
    await reach((now) => now === 0);
    await page.locator('#reset-view').click();
    const before = await brightness();
    await page.mouse.move(250, 130);
    await page.mouse.down();
    await page.mouse.move(160, 115, { steps: 2 });
    await page.mouse.up();
    expect(changedShare(before, await brightness())).toBeGreaterThan(0.1);
    await page.locator('#reset-view').click();
    expect(changedShare(before, await brightness())).toBeLessThan(0.01);
  });

  it('shows another episode', async () => {
    await page.locator('#episode').selectOption('1');
    await page.locator('#title', { hasText: 'Hopper-v5' }).waitFor();
    await reach((now) => now === 0);
    expect(await text('title')).toBe('Hopper-v5');
    expect(await step()).toBe(0);
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await expect.poll(() => page.evaluate<number>('document.getElementById("view").width')).toBe(360);
    const box = await page.locator('#controls').boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
  });

  it('had nothing to complain about', () => {
    expect(problems).toEqual([]);
  });
});
