import type { Env } from './env.ts';
import { envState, restoreEnv, type ResumableEnv } from './env-state.ts';
import { wrappedStep } from './unchecked-step.ts';

/**
 * An environment that does what `env` does, except where `changes` say otherwise.
 *
 * Spreading an environment would lose methods that live on a prototype. A wrapper that remembers something between
 * calls has to change `state` and `restore` too, or a restored run differs.
 */
export function wrapEnv(env: Env, changes: Partial<Env>): ResumableEnv {
  return {
    id: env.id,
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: (request) => env.reset(request),
    step: wrappedStep(env, (step) => step),
    close: () => env.close(),
    state: () => envState(env),
    restore: (state) => restoreEnv(env, state),
    ...changes,
  };
}
