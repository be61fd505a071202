import type { Env } from './env.ts';

/**
 * An environment that does what `env` does, except where `changes` say otherwise.
 *
 * Spreading an environment would lose methods that live on a prototype.
 */
export function wrapEnv(env: Env, changes: Partial<Env>): Env {
  return {
    id: env.id,
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: (request) => env.reset(request),
    step: (action) => env.step(action),
    close: () => env.close(),
    ...changes,
  };
}
