import { expect, it } from 'vitest';

import { scalarsOf } from './scalars.ts';

const metrics = {
  type: 'metrics',
  step: 10,
  updates: 5,
  episodes: 1,
  update: { loss: 0.5 },
  time: { seconds: 2, stepsPerSecond: 5 },
} as const;

it('names what a metrics event has, and nothing that it lacks', () => {
  const always = {
    'train/updates': 5,
    'train/episodes': 1,
    'update/loss': 0.5,
    'time/seconds': 2,
    'time/steps_per_second': 5,
  };
  expect(scalarsOf(metrics)).toEqual(always);
  const time = { ...metrics.time, updateMilliseconds: 7, memoryMebibytes: 300 };
  expect(scalarsOf({ ...metrics, meanReturn: -1, meanLength: 20, replaySize: 10, time })).toEqual({
    ...always,
    'train/mean_return': -1,
    'train/mean_length': 20,
    'train/replay_size': 10,
    'time/update_milliseconds': 7,
    'time/memory_mebibytes': 300,
  });
});

it('names what an evaluation has, sampled actions only where there were any', () => {
  const deterministic = {
    actions: 'deterministic',
    returns: [1, 3, 1, 3],
    lengths: [5, 5, 5, 5],
    terminated: [false, true, false, false],
    mean: 2,
    standardDeviation: 1,
  } as const;
  const evaluation = {
    type: 'evaluation',
    step: 10,
    updates: 5,
    ...deterministic,
    time: { seconds: 9, duration: 2 },
  } as const;
  const always = {
    'evaluation/deterministic_mean_return': 2,
    'evaluation/deterministic_standard_deviation': 1,
    'evaluation/deterministic_terminated': 0.25,
    'time/evaluation_seconds': 2,
  };
  expect(scalarsOf(evaluation)).toEqual(always);
  const stochastic = {
    ...deterministic,
    actions: 'sampled',
    terminated: [true, true, true, false],
    mean: 1.5,
    standardDeviation: 0.5,
  } as const;
  expect(scalarsOf({ ...evaluation, stochastic })).toEqual({
    ...always,
    'evaluation/stochastic_mean_return': 1.5,
    'evaluation/stochastic_standard_deviation': 0.5,
    'evaluation/stochastic_terminated': 0.75,
  });
});

it('has no numbers of progress and warnings', () => {
  expect(scalarsOf({ type: 'warning', step: 1, updates: 2, name: 'a', message: 'b' })).toEqual({});
  expect(scalarsOf({ type: 'progress', step: 1, steps: 2, updates: 0, episodes: 0 })).toEqual({});
});
