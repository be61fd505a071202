import { describe, expect, it } from 'vitest';

import { loopRounds, loopThreads } from './loop-comparison.ts';

const sac = { algo: 'sac', threads: 1, parallel: 'auto' } as const;
const ppo = { ...sac, algo: 'ppo' } as const;

describe('loopThreads', () => {
  it.each<[string, Parameters<typeof loopThreads>, number]>([
    ['two share each update of 256 rows on two cores', [sac, 'fused', 2], 2],
    ['and no more on many, each with 128 rows', [sac, 'onnxruntime', 16], 2],
    ['as they do for MEow', [{ ...sac, algo: 'meow' }, 'fused', 2], 2],
    ['one core has one', [sac, 'fused', 1], 1],
    ['as has an engine that threads cannot load', [sac, 'tfjs-wasm', 2], 1],
    ['one where nothing is to be in parallel', [{ ...sac, parallel: 'off' }, 'fused', 2], 1],
    ['those that are asked for', [{ ...sac, threads: 3 }, 'fused', 2], 3],
    ['also without parallel', [{ ...sac, threads: 3, parallel: 'off' }, 'fused', 2], 3],
    ['workers for the rollouts of PPO', [ppo, 'fused', 2], 2],
    ['each with four of its 16 environments', [ppo, 'fused', 16], 4],
    ['whatever the engine', [ppo, 'tfjs-wasm', 2], 2],
    ['none on one core', [ppo, 'fused', 1], 1],
    ['those that are asked for, for PPO too', [{ ...ppo, threads: 3 }, 'fused', 16], 3],
  ])('%s', (_, given, threads) => {
    expect(loopThreads(...given)).toBe(threads);
  });
});

it('the loop is timed in as many rounds as updates, but three at most', () => {
  expect([1, 2, 3, 10].map(loopRounds)).toEqual([1, 2, 3, 3]);
});
