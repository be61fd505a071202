import { describe, expect, it } from 'vitest';

import { chooseParallelism, describeParallelism, type ParallelismOptions } from './parallelism.ts';

const OPTIONS: ParallelismOptions = {
  parallel: 'auto',
  threads: 1,
  pipeline: false,
  env: 'HalfCheetah-v5',
  numEnvs: 1,
  engine: 'fused',
  batchSize: 256,
  isOnPolicy: false,
  cores: 2,
};
const rollouts = { isOnPolicy: true, numEnvs: 16 };

describe('chooseParallelism', () => {
  it.each<[string, Partial<ParallelismOptions>, number, number]>([
    ['two threads share a batch of 256 on two cores', {}, 2, 0],
    ['each has 128 rows at least', { cores: 8 }, 2, 0],
    ['more share a larger batch', { cores: 8, batchSize: 1024 }, 8, 0],
    ['as many as there are cores', { cores: 4, batchSize: 8192 }, 4, 0],
    ['one alone shares nothing', { cores: 1 }, 0, 0],
    ['small batches are not shared', { batchSize: 255 }, 0, 0],
    [
      'a pipeline has its updates in threads beside the acting one',
      { pipeline: true, cores: 4, batchSize: 512 },
      3,
      0,
    ],
    ['and one at least', { pipeline: true, cores: 1, batchSize: 32 }, 1, 0],
    ['engines that threads cannot load compute on one', { engine: 'tfjs-node' }, 0, 0],
    ['operators that have threads leave none over', { threads: 2 }, 0, 0],
    ['rollouts are made by workers', rollouts, 0, 2],
    ['each with four environments at least', { ...rollouts, cores: 32 }, 0, 4],
    ['not by one alone', { ...rollouts, numEnvs: 7 }, 0, 0],
    ['not of small environments', { ...rollouts, env: 'Pendulum-v1' }, 0, 0],
    ['what was given stays', { learnerThreads: 1, workers: 3 }, 1, 3],
    ['off is one thread', { ...rollouts, parallel: 'off' }, 0, 0],
    ['but for those that are asked for', { parallel: 'off', learnerThreads: 2 }, 2, 0],
  ])('%s', (_, options, learnerThreads, workers) => {
    expect(chooseParallelism({ ...OPTIONS, ...options })).toEqual({ learnerThreads, workers });
  });
});

describe('describeParallelism', () => {
  it.each([
    [{ learnerThreads: 2, workers: 0 }, ['2 threads share each update']],
    [{ learnerThreads: 0, workers: 2 }, ['2 workers step the environments']],
    [{ learnerThreads: 0, workers: 0 }, []],
  ])('of %o', (parallelism, lines) => {
    expect(describeParallelism(parallelism)).toEqual(lines);
  });
});
