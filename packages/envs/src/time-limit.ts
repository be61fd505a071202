import { requireResult } from './checked-env.ts';
import type { Env } from './env.ts';
import { countOf, envState, innerState, ownState, restoreEnv, type ResumableEnv } from './env-state.ts';
import { episodeGuard } from './episode-guard.ts';
import { wrappedStep } from './unchecked-step.ts';
import { wrapEnv } from './wrap-env.ts';

/**
 * Truncates episodes after `maxSteps` steps. A last step that also terminates sets both flags, as in Gymnasium.
 *
 * @throws RangeError unless `maxSteps` is a positive integer
 *
 * Reference: gymnasium.wrappers.TimeLimit; Pardo et al., Time limits in reinforcement learning (2018).
 */
export function timeLimit(env: Env, maxSteps: number): ResumableEnv {
  if (!Number.isInteger(maxSteps) || maxSteps < 1) {
    throw new RangeError(`timeLimit(${env.id}): maxSteps is ${maxSteps}, expected a positive integer.`);
  }
  // The inner environment doesn't know that its episode was cut off, so the wrapper has to refuse further steps.
  const guard = episodeGuard(env.id);
  const name = `timeLimit(${env.id})`;
  let steps = 0;
  return wrapEnv(env, {
    reset(request) {
      guard.reset();
      const result = env.reset(request);
      guard.begin();
      steps = 0;
      return result;
    },
    step: wrappedStep(env, (step) => (action) => {
      guard.step();
      const result = step(action);
      requireResult(result, env.id, 'step()');
      steps += 1;
      // A flag that is missing stays so, for whoever checks the result.
      const truncated = steps >= maxSteps || result.truncated;
      if (truncated || result.terminated) guard.end();
      return { ...result, truncated };
    }),
    close() {
      guard.close();
      env.close();
    },
    state: () => ({ of: name, own: { phase: guard.state(), steps }, inner: envState(env) }),
    restore(state) {
      const own = ownState(state, name);
      const phase = guard.check(own['phase']);
      const savedSteps = countOf(own['steps'], name, 'own.steps');
      restoreEnv(env, innerState(state, name));
      guard.restore(phase);
      steps = savedSteps;
    },
  });
}
