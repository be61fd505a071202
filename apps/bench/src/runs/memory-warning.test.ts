import { expect, test } from 'vitest';

import { memoryWarning } from './memory-warning.ts';

// 4 (2 · 17 + 6 + 2) = 168 bytes for each transition.
const halfCheetah = { observationSize: 17, actionSize: 6, capacity: 1_000_000 };

test('a buffer that fits gives no warning', () => {
  expect(memoryWarning(halfCheetah, 168e6)).toBeUndefined();
});

test('a buffer larger than memory gives one, with the numbers and a size that fits', () => {
  expect(memoryWarning({ ...halfCheetah, capacity: 10_000_000 }, 1e9)).toBe(
    'the replay buffer of 10000000 transitions takes 1.7 GB as it fills, 1.0 GB of memory are available. ' +
      'Make it smaller with --buffer-size, for instance 5952000.',
  );
  expect(memoryWarning({ ...halfCheetah, capacity: 5_952_000 }, 1e9)).toBeUndefined();
});

test('priorities and returns over several steps count', () => {
  expect(memoryWarning({ ...halfCheetah, prioritized: {} }, 168e6)).toContain('takes 0.2 GB');
});
