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

it('has no numbers of progress', () => {
  expect(scalarsOf({ type: 'progress', step: 1, steps: 2, updates: 0, episodes: 0 })).toEqual({});
});
