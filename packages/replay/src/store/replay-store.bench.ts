/**
 * How long a checkpoint of a million transitions (17 observations, 6 actions) takes, and how long it keeps the thread.
 *
 *     node --conditions=@meow-rl/source --import ./scripts/typescript.mjs packages/replay/src/store/replay-store.bench.ts
 *
 * "blocked" is the longest stretch without a turn of the event loop; "busy" has bursts of 5 ms on the thread throughout, as
 * updates are. The folder is made in the current one, so that the disk is a real one.
 */
import { mkdtemp, rm } from 'node:fs/promises';

import { createGenerator } from '@meow-rl/random';

import { replayBuffer, type ReplayBuffer } from '../replay-buffer.ts';
import { replayStore } from './replay-store.ts';

const CAPACITY = 1_000_000;
const NEW = 10_000;
const sizes = { capacity: CAPACITY, observationSize: 17, actionSize: 6 };
const generator = createGenerator(0);

const floats = (length: number) => {
  const values = new Float32Array(length);
  generator.fillUniform(values, -1, 1);
  return values;
};

const block = {
  observations: floats(NEW * 17),
  actions: floats(NEW * 6),
  rewards: floats(NEW),
  nextObservations: floats(NEW * 17),
  terminated: new Uint8Array(NEW),
};
// Every transition is an episode of its own, so that the same block can be added again and again.
const origins = { rows: new Int32Array(NEW), done: new Uint8Array(NEW).fill(1) };

/** Seconds that `task` takes, and the longest that the event loop waited for its turn in it. */
async function timed(task: () => Promise<unknown>, burst: number) {
  let running = true;
  let blocked = 0;
  let last = performance.now();
  const turn = () => {
    blocked = Math.max(blocked, performance.now() - last);
    const until = performance.now() + burst;
    while (performance.now() < until) Math.sqrt(until);
    last = performance.now();
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const start = performance.now();
  await task();
  running = false;
  return { seconds: (performance.now() - start) / 1000, blocked: blocked / 1000 };
}

const report = (what: string, { seconds, blocked }: { seconds: number; blocked: number }) =>
  console.log(`${what.padEnd(44)} ${seconds.toFixed(3)} s, blocked ${blocked.toFixed(3)} s`);

async function measure(name: string, make: () => ReplayBuffer) {
  const folder = await mkdtemp('replay-bench-');
  const buffer = make();
  const store = replayStore(folder);
  for (let i = 0; i < CAPACITY / NEW; i += 1) buffer.add(block, origins);
  report(`${name}: first save, 1,000,000 new`, await timed(() => store.save(buffer), 0));
  for (const [how, burst] of [
    ['idle', 0],
    ['idle', 0],
    ['idle', 0],
    ['busy', 5],
    ['busy', 5],
    ['busy', 5],
  ] as const) {
    buffer.add(block, origins);
    report(`${name}: save, 10,000 new, ${how}`, await timed(() => store.save(buffer), burst));
  }
  const manifest = await store.save(buffer);
  const other = make();
  report(`${name}: load`, await timed(() => store.load(manifest, other), 0));
  await rm(folder, { recursive: true });
}

await measure('uniform', () => replayBuffer({ ...sizes, discount: 0.99, seed: 0 }));
await measure('prioritized, 3 steps', () =>
  replayBuffer({ ...sizes, discount: 0.99, nStep: 3, prioritized: {}, seed: 0 }),
);
