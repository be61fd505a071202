import { expect, test } from 'vitest';

import { memoryWarning, rolloutMemoryWarning } from './memory-warning.ts';

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

test('observations in float16 take half', () => {
  // 4 (17 + 6 + 2) = 100 bytes.
  expect(memoryWarning({ ...halfCheetah, observationStorage: 'float16' }, 100e6)).toBeUndefined();
  expect(memoryWarning({ ...halfCheetah, observationStorage: 'float16' }, 99e6)).toContain('takes 0.1 GB');
});

test('priorities and returns over several steps count', () => {
  expect(memoryWarning({ ...halfCheetah, prioritized: {} }, 168e6)).toContain('takes 0.2 GB');
});

test('the memory of thousands of environments is told before any of it is taken', () => {
  // Isaac Lab's 4096 environments with 15,000 transitions of 60 observations and 8 actions each: 4 (2 · 60 + 8 + 2) = 520 bytes.
  const isaac = { observationSize: 60, actionSize: 8, capacity: 4096 * 15_000 };
  expect(memoryWarning(isaac, 16e9)).toBe(
    'the replay buffer of 61440000 transitions takes 31.9 GB as it fills, 16.0 GB of memory are available. ' +
      'Make it smaller with --buffer-size, for instance 30769000.',
  );
  expect(memoryWarning(isaac, 32e9)).toBeUndefined();
});

test('rollouts are warned of where memory is short now, and refused where there is none', () => {
  // 4 (17 + 6 + 4) + 2 = 110 bytes for each transition.
  const rollouts = { observationSize: 17, actionSize: 6, numEnvs: 1, steps: 1e8 };
  expect(rolloutMemoryWarning(rollouts, { available: 11e9, total: 16e9 })).toBeUndefined();
  expect(rolloutMemoryWarning(rollouts, { available: 5.5e9, total: 16e9 })).toBe(
    'a rollout of 100000000 steps of 1 environments takes 11.0 GB, 5.5 GB of memory are available. ' +
      'Make it shorter with --rollout-steps, below 50000000, or take fewer environments.',
  );
  expect(() => rolloutMemoryWarning(rollouts, { available: 5.5e9, total: 8e9 })).toThrow(
    'takes 11.0 GB, and the machine has 8.0 GB. Make it shorter with --rollout-steps, below 50000000',
  );
});
