import { box } from '../box.ts';
import { createEnv } from '../create-env.ts';
import type { Env } from '../env.ts';

/**
 * Test double: observes [episode number, steps taken], pays the action, and ends after `length` steps.
 *
 * The episode number counts resets from `firstEpisode`, so every observation says where it comes from.
 */
export function countingEnv({
  length,
  end = 'truncated',
  firstEpisode = 0,
}: {
  length: number;
  end?: 'terminated' | 'truncated';
  firstEpisode?: number;
}): Env {
  let episode = firstEpisode - 1;
  let steps = 0;
  return createEnv({
    id: 'Counting-v0',
    observationSpace: box({ low: 0, high: Number.POSITIVE_INFINITY, shape: [2] }),
    actionSpace: box({ low: -1, high: 1, shape: [1] }),
    start() {
      episode += 1;
      steps = 0;
      return { observation: Float64Array.of(episode, 0), info: { begins: episode } };
    },
    advance(action) {
      steps += 1;
      return {
        observation: Float64Array.of(episode, steps),
        reward: action[0] ?? Number.NaN,
        terminated: end === 'terminated' && steps === length,
        truncated: end === 'truncated' && steps === length,
        info: { steps },
      };
    },
    capture: () => [episode, steps],
    resume(saved) {
      if (!Array.isArray(saved)) throw new TypeError('Counting-v0: state.own.task is no array.');
      [episode, steps] = saved.map(Number) as [number, number];
    },
  });
}
