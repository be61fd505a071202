import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { startBench } from '../testing/start-bench.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-long-'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  return rm(folder, { recursive: true, force: true });
});

const UPDATES = 200_000;
/** After so many updates everything has been used once: buffers, caches, the heap's size. */
const SETTLED = 20_000;

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

it(`${UPDATES} updates with checkpoints and evaluations take no more memory than the first ${SETTLED}`, async () => {
  const run = path.join(folder, 'run');
  const flags =
    `--env MultiGoal-v0 --steps ${UPDATES + 1000} --warmup 1000 --buffer-size 10000 --hidden 16,16 --shift-hidden 16 ` +
    `--batch-size 32 --log-every 500 --evaluate-every 5000 --evaluation-episodes 3 --checkpoint-every 2500 --out ${run}`;
  // Node lets garbage lie while there is room. With little of it, what memory grows by is what is held.
  vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=64');
  const { code, err } = await startBench('train', ...flags.split(' ')).ended;
  expect(code, err).toBe(0);
  const lines = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const memory = lines
    .map((line) => JSON.parse(line))
    .filter(({ type, updates }) => type === 'metrics' && updates > SETTLED)
    .map(({ time }): number => time.memoryMebibytes);
  // The resident set goes up and down with the garbage collector; medians of 20,000 updates say whether it grows.
  const part = Math.floor(memory.length / 9);
  const [first = Number.NaN, ...later] = Array.from({ length: 9 }, (_, i) =>
    median(memory.slice(i * part, (i + 1) * part)),
  );
  console.log(`MiB in ninths: ${[first, ...later].map((mebibytes) => mebibytes.toFixed(0)).join(', ')}`);
  expect(memory.length).toBeGreaterThan(350);
  expect(Math.max(...later) / first).toBeLessThan(1.05);
});
