import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createGenerator } from '@meow-rl/random';
import { expect, it } from 'vitest';

import { encodeFloat16, float16Values } from './float16.ts';
import { replayBuffer, type ReplayBuffer } from './replay-buffer.ts';
import type { ReplayBufferOptions } from './replay-buffer-options.ts';
import { replayStore } from './store/replay-store.ts';
import type { Transitions } from './transition-batch.ts';

type Variant = Pick<ReplayBufferOptions, 'nStep' | 'prioritized' | 'observationStorage'>;

const bufferOf = (variant: Variant = {}, capacity = 50): ReplayBuffer =>
  replayBuffer({ capacity, observationSize: 5, actionSize: 2, discount: 0.9, seed: 3, ...variant });

const half = { observationStorage: 'float16' } as const;

const rounded = (values: Float32Array): Float32Array => {
  const bits = new Uint16Array(values.length);
  encodeFloat16(values, bits, 0);
  return Float32Array.from(bits, (float16) => float16Values()[float16] ?? Number.NaN);
};

/** Steps of one environment, whose episodes last ten steps. */
const steps = (count: number, seed = 1): Transitions => {
  const generator = createGenerator(seed);
  const random = (length: number) => {
    const values = new Float32Array(length);
    generator.fillNormal(values);
    return values;
  };
  const walk = random((count + 1) * 5).map((value) => value * 100);
  return {
    observations: walk.slice(0, -5),
    actions: random(2 * count),
    rewards: random(count),
    nextObservations: walk.slice(5),
    terminated: new Float32Array(count),
  };
};

const origins = (count: number) => ({
  rows: new Int32Array(count),
  done: Uint8Array.from({ length: count }, (_, i) => Number(i % 10 === 9)),
});

const one = (observation: number, next: number): Transitions => ({
  observations: Float32Array.of(0, 0, 0, observation, 0),
  actions: new Float32Array(2),
  rewards: new Float32Array(1),
  nextObservations: Float32Array.of(next, 0, 0, 0, 0),
  terminated: new Float32Array(1),
});

it.each<[string, Variant]>([
  ['single steps', {}],
  ['several steps', { nStep: 3 }],
  ['priorities', { prioritized: {} }],
  ['both', { nStep: 3, prioritized: {} }],
])('draws the same batches with rounded observations: %s', (_, variant) => {
  const exact = bufferOf(variant);
  const small = bufferOf({ ...variant, ...half });
  // More than the capacity, so that the ring wraps within a call.
  for (const [count, seed] of [
    [37, 1],
    [30, 2],
  ] as const) {
    exact.endEpisodes();
    small.endEpisodes();
    exact.add(steps(count, seed), origins(count));
    small.add(steps(count, seed), origins(count));
  }
  const [expected, batch] = [exact.sample(64), small.sample(64)];
  expect(batch.observations).toEqual(rounded(expected.observations));
  expect(batch.nextObservations).toEqual(rounded(expected.nextObservations));
  expect(batch.observations).not.toEqual(expected.observations);
  const others = ({ observations: _o, nextObservations: _n, ...fields }: typeof batch) => fields;
  expect(others(batch)).toEqual(others(expected));
});

it('refuses what float16 cannot hold, and keeps what it can', () => {
  const buffer = bufferOf(half);
  expect(() => buffer.add(one(0, -65505))).toThrow(
    'replay: nextObservations is -65505 in row 0, entry 0, expected a magnitude of at most 65504, the largest float16. ' +
      "Scale the environment's observations, or keep them with observationStorage 'float32'.",
  );
  expect(() => buffer.add(one(1e6, 0))).toThrow('observations is 1000000 in row 0, entry 3');
  expect(() => buffer.add(one(Number.NaN, 0))).toThrow(
    'observations is NaN in row 0, entry 3, expected a finite 32-bit float. Look at the environment that gave it.',
  );
  expect(buffer.size).toBe(0);
  buffer.add(one(65504, -65504));
  const { observations, nextObservations } = buffer.sample(1);
  expect([observations[3], nextObservations[0]]).toEqual([65504, -65504]);
  buffer.add({ ...one(0, 0), rewards: Float32Array.of(1e6), actions: Float32Array.of(1e6, 0) });
  expect(buffer.size).toBe(2);
});

it('follows episodes by rounded observations', () => {
  const third = 1 / 3;
  const add = (buffer: ReplayBuffer, begins: number) => {
    const zeros = {
      actions: new Float32Array(2),
      rewards: new Float32Array(1),
      terminated: new Float32Array(1),
    };
    const ends = Float32Array.of(third, -0, 0, 0, 0);
    const origin = { rows: [0], done: [0] };
    buffer.add({ ...zeros, observations: new Float32Array(5), nextObservations: ends }, origin);
    buffer.add(
      { ...zeros, observations: Float32Array.of(begins, 0, 0, 0, 0), nextObservations: ends },
      origin,
    );
  };
  expect(() => add(bufferOf({ ...half, nStep: 2 }), third)).not.toThrow();
  expect(() => add(bufferOf({ ...half, nStep: 2 }), third + 2 ** -10)).toThrow(
    'replay: transition 0 of sub-environment 0 begins at another observation',
  );
});

it('is saved and restored to the bit, in memory and on the disk', async () => {
  const variant = { ...half, nStep: 3, prioritized: {} };
  const buffer = bufferOf(variant);
  buffer.add(steps(50), origins(50));
  buffer.sample(8);
  const restored = bufferOf(variant);
  restored.restore(buffer.state());
  const folder = await mkdtemp(path.join(tmpdir(), 'replay-'));
  try {
    const manifest: unknown = JSON.parse(JSON.stringify(await replayStore(folder).save(buffer)));
    const loaded = bufferOf(variant, 70);
    await replayStore(folder).load(manifest, loaded);
    const expected = structuredClone(buffer.sample(20));
    expect(restored.sample(20)).toEqual(expected);
    expect(loaded.sample(20)).toEqual(expected);
    await expect(replayStore(folder).load(manifest, bufferOf({ nStep: 3, prioritized: {} }))).rejects.toThrow(
      'replay: restore got a state with observationStorage = float16, expected float32. Make the buffer with the options of the one that was saved.',
    );
    await expect(replayStore(folder).load(manifest, bufferOf({ ...variant, nStep: 4 }))).rejects.toThrow(
      'replay: restore got a state with nStep = 3, expected 4.',
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('refuses the state of a buffer that kept float32, and another storage', () => {
  const buffer = bufferOf(half);
  buffer.add(one(1, 2));
  expect(() => buffer.restore(bufferOf().state())).toThrow('observationStorage = float32, expected float16');
  expect(buffer.size).toBe(1);
  const options: unknown = { observationStorage: 'bfloat16' };
  expect(() => bufferOf(options as Variant)).toThrow(
    "replay: observationStorage is bfloat16, expected 'float32' or 'float16'.",
  );
});
