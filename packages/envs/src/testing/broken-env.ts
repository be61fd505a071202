import { box } from '../box.ts';
import type { Env, ResetResult, StepResult } from '../env.ts';

/** Where {@link brokenEnv} doesn't do as {@link Env} says. */
export interface Breach {
  /** Replaces fields of a reset's result, or all of it if it is no plain object. */
  readonly reset?: unknown;
  /** Replaces fields of a step's result, or all of it if it is no plain object. */
  readonly step?: unknown;
  /** Steps that are sound before `step` counts. Default: 0. */
  readonly after?: number;
}

/** Test double: an environment written by hand, with two entries to observe, that never ends and breaks its contract. It throws where nobody notices for 100 steps. */
export function brokenEnv(breach: Breach): Env {
  const { after = 0 } = breach;
  let steps = 0;
  return {
    id: 'Broken-v0',
    observationSpace: box({ low: -1, high: 1, shape: [2] }),
    actionSpace: box({ low: -1, high: 1, shape: [1] }),
    reset() {
      steps = 0;
      return replaced<ResetResult>(
        { observation: Float64Array.of(0.5, -0.5), info: {} },
        'reset' in breach ? breach.reset : {},
      );
    },
    step() {
      steps += 1;
      if (steps > 100) throw new Error('Broken-v0: nobody noticed.');
      const observation = Float64Array.of(0.25, -0.25);
      const sound: StepResult = { observation, reward: 1, terminated: false, truncated: false, info: {} };
      return steps > after && 'step' in breach ? replaced(sound, breach.step) : sound;
    },
    close() {},
  };
}

function replaced<T extends object>(sound: T, breach: unknown): T {
  const isFields = typeof breach === 'object' && breach !== null && breach.constructor === Object;
  return (isFields ? { ...sound, ...breach } : breach) as T;
}
