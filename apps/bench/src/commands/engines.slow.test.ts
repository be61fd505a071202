import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EngineName } from '../runs/train-settings.ts';
import { quietBench } from '../testing/run-bench.ts';

const { resolve } = createRequire(import.meta.url);

/** Whether npm run setup:tfjs-node has made it. */
function isSetUp(engine: string): boolean {
  try {
    return resolve(`@tensorflow/${engine}`) !== '';
  } catch {
    return false;
  }
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-engines-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const UPDATES = 200;

/** The metrics of each of the first updates of MEow on the multi-goal task. */
async function metricsOn(engine: EngineName): Promise<Readonly<Record<string, number>>[]> {
  const run = path.join(folder, engine);
  const flags = ['--steps', String(100 + UPDATES), '--warmup', '100', '--log-every', '1'];
  const { code, err } = await quietBench('train', '--engine', engine, ...flags, '--out', run);
  expect(code, err).toBe(0);
  const lines = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const updates = lines
    .map((line) => JSON.parse(line))
    .flatMap(({ type, update = {} }) => (type === 'metrics' && 'loss' in update ? [update] : []));
  expect(updates).toHaveLength(UPDATES);
  return updates;
}

describe('MEow on the multi-goal task, with one seed on', () => {
  let expected: Readonly<Record<string, number>>[] = [];
  beforeAll(async () => {
    expected = await metricsOn('onnxruntime');
  });

  const others = ['fused', 'tfjs-node', 'tfjs-node-gpu'] as const;
  it.for(others)('%s learns what it learns on onnxruntime', async (engine, { skip }) => {
    const isNative = engine.startsWith('tfjs-node');
    skip(isNative && !isSetUp(engine), `npm run setup:tfjs-node would have it on ${engine} too`);
    skip(engine === 'fused' && whyUnavailable() !== undefined, whyUnavailable());
    const metrics = await metricsOn(engine);
    const worst = (count: number, isMeant: (name: string) => boolean) =>
      Math.max(
        ...expected
          .slice(0, count)
          .flatMap((update, i) =>
            Object.entries(update).flatMap(([name, value]) =>
              isMeant(name)
                ? Math.abs((metrics[i]?.[name] ?? Number.NaN) - value) / Math.max(1, Math.abs(value))
                : [],
            ),
          ),
      );
    expect(worst(100, () => true)).toBeLessThan(1e-4);
    // Rounding grows from update to update, on any engine. In the gradient's norm it shows first.
    expect(worst(UPDATES, (name) => name !== 'gradientNorm')).toBeLessThan(1e-2);
  });
});
