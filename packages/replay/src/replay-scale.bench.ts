/**
 * How replay of transitions of (60, 8) grows from a hundred thousand to ten million: memory, adding, drawing batches of 256 and 4,096,
 * saving what is new, saving all, and loading.
 *
 *     node --expose-gc --conditions=@meow-rl/source --import ./scripts/typescript.mjs packages/replay/src/replay-scale.bench.ts float16 save
 *
 * The words choose: `float16` keeps observations so, `prioritized` draws by priorities, `save` saves too, in the current folder, which takes as
 * much disk as the buffer in float32. 10 million in float32 take 5.2 GB of memory, and a first save as much again.
 */
import { mkdtemp, rm } from 'node:fs/promises';

import { createGenerator } from '@meow-rl/random';

import { replayBuffer } from './replay-buffer.ts';
import { replayStore } from './store/replay-store.ts';

const words = new Set(process.argv.slice(2));
const [observationSize, actionSize, NEW] = [60, 8, 4096];
const generator = createGenerator(0);

const floats = (length: number) => {
  const values = new Float32Array(length);
  generator.fillUniform(values, -1, 1);
  return values;
};

const block = {
  observations: floats(NEW * observationSize),
  actions: floats(NEW * actionSize),
  rewards: floats(NEW),
  nextObservations: floats(NEW * observationSize),
  terminated: new Uint8Array(NEW),
};

const milliseconds = async (task: () => unknown): Promise<number> => {
  const begun = performance.now();
  await task();
  return performance.now() - begun;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const repeated = async (times: number, task: () => unknown): Promise<number> => {
  const taken: number[] = [];
  for (let i = 0; i < times; i += 1) taken.push(await milliseconds(task));
  return median(taken);
};

async function measure(capacity: number): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const make = () =>
    replayBuffer({
      capacity,
      observationSize,
      actionSize,
      discount: 0.99,
      seed: 0,
      observationStorage: words.has('float16') ? 'float16' : 'float32',
      ...(words.has('prioritized') && { prioritized: {} }),
    });
  const buffer = make();
  const learn = (n: number) => {
    const { indices, rewards } = buffer.sample(n);
    if (indices) buffer.updatePriorities(indices, rewards.map(Math.abs));
  };
  // Twice around would show nothing more: a full buffer overwrites as an empty one is filled.
  const filled = await milliseconds(() => {
    while (buffer.size < capacity) buffer.add(block);
  });
  const row: Record<string, number> = {
    capacity,
    gigabytes: (process.memoryUsage().rss - before) / 1e9,
    'fill s': filled / 1000,
    'add 4096, ms': await repeated(200, () => buffer.add(block)),
    'sample 256, ms': await repeated(200, () => learn(256)),
    'sample 4096, ms': await repeated(100, () => learn(4096)),
  };
  if (words.has('save')) {
    const folder = await mkdtemp('replay-scale-');
    const store = replayStore(folder);
    row['first save s'] = (await milliseconds(() => store.save(buffer))) / 1000;
    buffer.add(block);
    row['save 4096 new, s'] = (await milliseconds(() => store.save(buffer))) / 1000;
    const manifest = await store.save(buffer);
    globalThis.gc?.();
    row['load s'] = (await milliseconds(() => store.load(manifest, buffer))) / 1000;
    await rm(folder, { recursive: true });
  }
  console.log(
    Object.entries(row)
      .map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
      .join(', '),
  );
}

for (const capacity of [100_000, 1_000_000, 10_000_000]) await measure(capacity);
