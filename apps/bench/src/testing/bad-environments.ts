import { box, createEnv } from '@meow-rl/envs';
import type { Env } from '@meow-rl/envs';

const at = (entry: number) => ({ observation: Float64Array.of(0, entry), info: {} });

/** Makes environments whose 30th step gives numbers that are not finite. */
const make = (bad: { readonly reward?: number; readonly entry?: number }) => (): Env => {
  let steps = 0;
  return createEnv({
    id: 'Bad-v0',
    observationSpace: box({ low: -1, high: 1, shape: [2] }),
    actionSpace: box({ low: -1, high: 1, shape: [1] }),
    start: () => at(0),
    advance: () => {
      steps += 1;
      const { reward = 1, entry = 0.1 } = steps === 30 ? bad : {};
      return { ...at(entry), reward, terminated: false, truncated: false };
    },
  });
};

/** A reward that is no number. */
export const reward = make({ reward: Number.NaN });
/** An infinite entry of an observation. */
export const observation = make({ entry: Number.POSITIVE_INFINITY });
