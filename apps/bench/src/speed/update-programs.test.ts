import { expect, test } from 'vitest';

import { meansOf } from './statistics.ts';
import { updateCycle } from './update-programs.ts';

const measured = { observationSize: 2, actionSize: 2, batchSize: 8, threads: 1, seed: 0 };

test.each([
  ['meow', 1],
  ['sac', 1],
  ['td3', 2],
  ['ppo', 1],
] as const)('the updates of %s repeat themselves after %d', (algorithm, cycle) => {
  expect(updateCycle({ algorithm, ...measured })).toBe(cycle);
});

test('durations of a cycle are averaged', () => {
  expect(meansOf([1, 3, 2, 6, 9], 2)).toEqual([2, 4]);
  expect(meansOf([1, 3], 1)).toEqual([1, 3]);
});
