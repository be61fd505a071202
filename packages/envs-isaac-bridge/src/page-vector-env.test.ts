import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { createGenerator } from '@meow-rl/random';
import { chromium, type Browser, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { chromiumFlags, findChromium } from '../../../scripts/find-chromium.mjs';
import { findPython } from '../../../scripts/find-python.mjs';
import { isaacVectorEnv } from './isaac-vector-env.ts';
import { launchServer } from './launch.ts';
import type { PlayInPage } from './testing/page.ts';
import { playTrajectory, type Trajectory } from './testing/play-trajectory.ts';

const python = findPython();
const executablePath = findChromium();

/** The client of web pages and what plays with it, as one script. */
async function bundled(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('./testing/page.ts', import.meta.url)),
    platform: 'browser',
    resolve: { conditionNames: ['@meow-rl/source', 'browser', 'import', 'default'] },
    logLevel: 'warn',
  });
  try {
    const { output } = await bundle.generate({ format: 'iife' });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

const [ROWS, STEPS, ACTIONS, SEED] = [4, 60, 3, 5];

describe.skipIf(python === undefined || executablePath === undefined)('pageVectorEnv, in a browser', () => {
  const site = createServer();
  let browser: Browser;
  let page: Page;
  let origin: string;

  beforeAll(async () => {
    const html = `<!doctype html><script>${await bundled()}</script>`;
    site.on('request', (_, response) => response.setHeader('content-type', 'text/html').end(html));
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: chromiumFlags });
    page = await browser.newPage();
    await page.goto(origin);
  });
  afterAll(async () => {
    await browser.close();
    site.closeAllConnections();
    site.close();
  });

  const play = (options: PlayInPage) =>
    page.evaluate<Omit<Trajectory, 'values'> & { values: number[] }>(
      `playInPage(${JSON.stringify(options)})`,
    );

  async function serverFor(allowed: string) {
    const server = await launchServer(
      {
        ...(python !== undefined && { python }),
        task: 'gym-vector:Hopper-v5',
        numEnvs: ROWS,
        autoresetMode: 'same-step',
        args: ['--keep', '--allow-origin', allowed],
      },
      60_000,
    );
    onTestFinished(() => server.end(10_000));
    return server;
  }

  const actions = new Float32Array(STEPS * ROWS * ACTIONS);
  createGenerator(3).fillUniform(actions, -1, 1);

  it('gives the numbers that Node’s client gets of the server in Python', async () => {
    const { url, token } = await serverFor(origin);
    const inPage = await play({ url, token, actions: [...actions], seed: SEED });
    const env = await isaacVectorEnv({ url, token });
    onTestFinished(() => env.close());
    const inNode = await playTrajectory(env, actions, SEED);
    const width = env.singleObservationSpace.size;
    expect(inNode.values).toHaveLength(ROWS * width + STEPS * ROWS * (2 * width + 3));
    expect(inNode.terminations).toBeGreaterThan(3);
    expect({ ...inPage, values: Float64Array.from(inPage.values) }).toEqual(inNode);
  });

  it('is refused with another token, and where the server knows another page', async () => {
    const here = await serverFor(origin);
    const elsewhere = await serverFor('http://127.0.0.1:1');
    const refused = { actions: [], seed: SEED };
    for (const address of [{ url: here.url, token: 'another token' }, elsewhere])
      await expect(play({ url: address.url, token: address.token, ...refused })).rejects.toThrow(
        'no connection (status 1006). See that a server is there, was started with --allow-origin for this page',
      );
  });
});
