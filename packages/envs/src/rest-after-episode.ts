import { requireResult } from './checked-env.ts';
import type { Env, StepResult } from './env.ts';
import {
  damaged,
  decodeNumbers,
  encodeNumbers,
  envState,
  innerState,
  layerState,
  restoreEnv,
  type ResumableEnv,
} from './env-state.ts';
import { wrappedStep } from './unchecked-step.ts';
import { wrapEnv } from './wrap-env.ts';

/**
 * Lets an environment rest when its episode is over, until it is reset with a seed: a reset without one and steps then give the
 * last observation again, reward 0 and no flags, and cost nothing. For evaluations, in which the rows of a vector environment play
 * one episode each, however long those of the others are.
 */
export function restAfterEpisode(env: Env): ResumableEnv {
  const name = `restAfterEpisode(${env.id})`;
  const { size } = env.observationSpace;
  /** The last observation, while it rests. */
  let last: Float64Array | undefined;
  return wrapEnv(env, {
    reset(request = {}) {
      if (last && request.seed === undefined) return { observation: last.slice(), info: {} };
      last = undefined;
      return env.reset(request);
    },
    step: wrappedStep(env, (step) => (action): StepResult => {
      if (last)
        return { observation: last.slice(), reward: 0, terminated: false, truncated: false, info: {} };
      const result = step(action);
      requireResult(result, env.id, 'step()');
      if (result.terminated || result.truncated) last = Float64Array.from(result.observation);
      return result;
    }),
    state: () => ({ of: name, own: { last: last ? encodeNumbers(last) : null }, inner: envState(env) }),
    restore(state) {
      const { last: saved = null } = layerState(state, name);
      if (saved !== null && typeof saved !== 'string') throw damaged(name, 'own.last');
      const rested = saved === null ? undefined : decodeNumbers(saved, `${name}: own.last`, size);
      restoreEnv(env, innerState(state, name));
      last = rested;
    },
  });
}
