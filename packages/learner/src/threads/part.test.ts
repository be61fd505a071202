import { referenceRuntime } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';
import { expect, it } from 'vitest';

import { resolveAlgorithm } from '../algorithm.ts';
import { drawNoise } from '../drawn-noise.ts';
import { normal, permutation } from '../noise.ts';
import { deterministicActorCritic } from '../testing/deterministic-actor-critic.ts';
import { stageData } from './part.ts';
import { allocateMemory } from './shared-memory.ts';

const numbers = (values: ArrayLike<unknown> | undefined) => Array.from(values ?? [], Number);

it('gives each thread its rows of noise, all of a permutation, and offsets of its own', () => {
  const sizes = { observationSize: 3, actionSize: 2 };
  const algorithm = resolveAlgorithm(deterministicActorCritic, sizes, { batchSize: 5 });
  const stage = {
    trains: {},
    targets: { critic: 0.1 },
    noise: { rows: normal(2), order: permutation(5) },
    dropout: { rate: 0.5, uses: 3, largest: 6 },
    loss: () => ({ losses: {}, metrics: {} }),
  };
  const shared = { ...algorithm, stages: [stage] };
  const { memory, rooms } = allocateMemory(shared, 2, [0]);
  drawNoise(stage, rooms[0] ?? [], createGenerator(1), 1);
  const [first, second] = [0, 1].map((thread) =>
    stageData(
      { algorithm: shared, seed: 0, runtime: referenceRuntime, thread, threads: 2, memory, meet: () => {} },
      0,
    ),
  );
  const whole = new Float32Array(10);
  createGenerator(1).fillNormal(whole);
  expect(numbers(first?.['noise/rows'])).toEqual(Array.from(whole.subarray(0, 6)));
  expect(numbers(second?.['noise/rows'])).toEqual(Array.from(whole.subarray(6)));
  const order = numbers(first?.['noise/order']);
  expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  expect(numbers(second?.['noise/order'])).toEqual(order);
  expect(numbers(first?.['noise/dropoutOffsets'])).toHaveLength(3);
  expect(numbers(second?.['noise/dropoutOffsets'])).not.toEqual(numbers(first?.['noise/dropoutOffsets']));
});
