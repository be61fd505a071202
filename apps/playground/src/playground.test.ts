import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { multiGoal, timeLimit, type Env } from '@meow-rl/envs';
import { halfCheetah, loadMujoco } from '@meow-rl/envs-mujoco';
import { loadPolicy } from '@meow-rl/export';
import type { Browser, Page } from 'playwright-core';
import { build, defaultClientConditions } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { traceEpisode, type Trace } from '../page/trace.ts';
import { findChromium, launch, openPage } from './testing/browser.ts';
import { serveFolders, type FolderServer } from './testing/serve-folders.ts';
import { writeSmallPolicies } from './testing/small-policies.ts';

/** What the page puts there. */
declare const playground: Readonly<
  Record<string, { trace(options: { seed: number; steps: number }): Promise<Trace> }>
>;

const executablePath = findChromium();
const mujoco = await loadMujoco();
const environments: readonly (readonly [string, () => Env])[] = [
  ['multi-goal', () => timeLimit(multiGoal(), 30)],
  ['half-cheetah', () => timeLimit(halfCheetah(mujoco), 1000)],
];

describe.skipIf(executablePath === undefined)('the playground', () => {
  let folder: string;
  let browser: Browser;
  let server: FolderServer;
  let page: Page;
  let problems: string[];
  const screenshots = process.env['SCREENSHOTS'];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'meow-playground-'));
    const site = path.join(folder, 'site');
    await build({
      root: fileURLToPath(new URL('../page', import.meta.url)),
      configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
      logLevel: 'error',
      resolve: { conditions: ['@meow-rl/source', ...defaultClientConditions] },
      build: { outDir: site, minify: false, copyPublicDir: false },
    });
    for (const [name, makeEnv] of environments)
      await writeSmallPolicies(path.join(folder, 'policies', name), makeEnv());
    server = await serveFolders([site, folder], false);
    browser = await launch(executablePath ?? '');
    ({ page, problems } = await openPage(browser, server.url));
    for (const [name] of environments) await page.locator(`#${name}[aria-busy=false]`).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  test.each(environments)('acts in %s as Node does', async (name, makeEnv) => {
    const asked = { seed: 5, steps: 25 };
    const inPage = await page.evaluate(([scene, options]) => playground[scene]?.trace(options), [
      name,
      asked,
    ] as const);
    if (!inPage) expect.fail(`the page has no ${name}`);
    const env = makeEnv();
    const policy = await loadPolicy(path.join(folder, 'policies', name, 'policy.onnx'));
    const inNode = await traceEpisode(env, policy, asked);
    const actions = await policy.act(Float32Array.from(inPage.observations.flat()));
    await policy.dispose();
    expect(inPage.actions).toHaveLength(inNode.actions.length);
    expect(inPage.actions.length).toBeGreaterThan(5);
    for (const [i, value] of inPage.actions.flat().entries())
      expect(Math.abs(value - (actions[i] ?? Number.NaN)), `entry ${i}`).toBeLessThan(1e-5);
    // The same physics: what rounding differs by has not grown in so few steps.
    expect(inPage.observations[0]).toEqual(inNode.observations[0]);
    for (const [i, value] of inPage.rewards.entries()) expect(value).toBeCloseTo(inNode.rewards[i] ?? NaN, 2);
  });

  test('shows what plays, and goes on', async () => {
    const text = (name: string) => page.locator(`#${name} output`).innerText();
    await expect
      .poll(() => text('half-cheetah'))
      .toMatch(/^meow in HalfCheetah-v5, [\d,]+ steps · onnxruntime-web \(wasm\)\nstep [1-9]/);
    await expect.poll(() => text('multi-goal')).toMatch(/^meow in MultiGoal-v0, .*\n48 points, sampled/);
    const before = await page.locator('#half-cheetah canvas').screenshot();
    await expect
      .poll(async () => before.equals(await page.locator('#half-cheetah canvas').screenshot()))
      .toBe(false);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    const stopped = await text('half-cheetah');
    await page.waitForTimeout(200);
    expect(await text('half-cheetah')).toBe(stopped);
    await page.getByRole('button', { name: 'Start over' }).click();
    await expect.poll(() => text('half-cheetah')).toContain('step 0 of 1000');
    await page.getByRole('button', { name: 'Play' }).click();
  });

  test('draws in light and in dark', async () => {
    await page.waitForTimeout(screenshots === undefined ? 100 : 4000);
    const pictures: Buffer[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(100);
      pictures.push(
        await page.screenshot(
          screenshots === undefined ? {} : { path: path.join(screenshots, `playground-${colorScheme}.png`) },
        ),
      );
    }
    expect(pictures[0]?.equals(pictures[1] ?? Buffer.of())).toBe(false);
    expect(problems).toEqual([]);
  });

  test('says what is wrong with a policy', async () => {
    const empty = await serveFolders([path.join(folder, 'site')], false);
    const opened = await openPage(browser, empty.url);
    const output = opened.page.locator('#half-cheetah output.problem');
    await output.waitFor();
    expect(await output.innerText()).toBe(
      'policies/half-cheetah/policy.onnx: it cannot be read: the server answers 404 Not Found. Give the path or the address of a policy.onnx.',
    );
    await opened.page.close();
    await empty.close();
  });
});
