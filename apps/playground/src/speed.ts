// Compares engines in Node and in Chromium, in alternating rounds: npm run speed -- [rounds]
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { box } from '@meow-rl/envs';
import { policyFiles } from '@meow-rl/export';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { onnxRuntimeWeb } from '@meow-rl/graph/onnxruntime-web';
import { createMeowAgent } from '@meow-rl/meow';
import { quantile } from '@meow-rl/train';

import { findChromium } from './testing/browser.ts';
import type { Engines } from './testing/engines-page.ts';
import { enginesSite } from './testing/engines-site.ts';
import { timeActions, timeUpdates } from './testing/timing.ts';

/** What engines-page.ts puts there, in the browser. */
declare const engines: Engines;

interface Contestant {
  readonly name: string;
  actions(): Promise<readonly number[]>;
  updates(): Promise<readonly number[]>;
}

const executablePath = findChromium();
if (executablePath === undefined)
  throw new Error('speed: there is no Chromium. Install it, or set CHROMIUM.');
const rounds = Number(process.argv[2] ?? 7);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(
    `speed: rounds must be a whole number >= 1, got ${process.argv[2]}. Call npm run speed -- 3.`,
  );
const site = await enginesSite(executablePath);
const file = path.join(site.folder, 'half-cheetah.onnx');

const agent = await createMeowAgent({
  runtime: onnxRuntimeNode(),
  observationSize: 17,
  actionSize: 6,
  seed: 1,
});
const { policy } = policyFiles(agent.deployment(), {
  algorithm: 'meow',
  environment: 'HalfCheetah-v5',
  observationSpace: box({ low: -Infinity, high: Infinity, shape: [17] }),
  actionSpace: box({ low: -1, high: 1, shape: [6] }),
  trainingSteps: 0,
  versions: {},
});
await agent.dispose();
await writeFile(file, policy ?? new Uint8Array());

async function inChromium(threads: number): Promise<Contestant> {
  const { page } = await site.open();
  const choice = { engine: 'wasm', threads } as const;
  return {
    name: `Chromium, onnxruntime-web, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    actions: () => page.evaluate((chosen) => engines.timeActions(chosen, 'half-cheetah.onnx'), choice),
    updates: () => page.evaluate((chosen) => engines.timeUpdates(chosen), choice),
  };
}

const contestants: readonly Contestant[] = [
  {
    name: 'Node, onnxruntime-node, 1 thread',
    actions: () => timeActions(file, { engine: 'onnxruntime-node' }),
    updates: () => timeUpdates(onnxRuntimeNode()),
  },
  {
    name: 'Node, onnxruntime-web, 1 thread',
    actions: () => timeActions(file, { engine: 'onnxruntime-web' }),
    updates: () => timeUpdates(onnxRuntimeWeb()),
  },
  await inChromium(1),
  await inChromium(2),
];
const times = contestants.map(() => ({ actions: [] as number[], updates: [] as number[] }));
for (let round = 0; round < rounds; round++)
  for (const [i, { actions, updates }] of contestants.entries()) {
    times[i]?.actions.push(...(await actions()));
    times[i]?.updates.push(...(await updates()));
  }
await site.close();

const summary = (numbers: readonly number[], digits: number): string =>
  `${quantile(numbers, 0.5).toFixed(digits)} (${quantile(numbers, 0.1).toFixed(digits)})`;

console.log(`median (fastest tenth) in ${rounds} rounds | one action, µs | one update, ms`);
for (const [i, { name }] of contestants.entries()) {
  const { actions, updates } = times[i] ?? { actions: [], updates: [] };
  console.log(`${name} | ${summary(actions, 0)} | ${summary(updates, 1)}`);
}
