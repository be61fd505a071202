import type { Env } from './env.ts';
import type { ResumableEnv } from './env-state.ts';
import { wrappedStep } from './unchecked-step.ts';
import { wrapEnv } from './wrap-env.ts';

/**
 * Moves every entry of an action to the nearest number within the bounds of `env`: for what chose it in float32, which has none of
 * many a bound's own.
 *
 * What isn't finite, or an action of another size, goes on as it is, for `env` to refuse it.
 *
 * Reference: gymnasium.wrappers.ClipAction.
 */
export function clipAction(env: Env): ResumableEnv {
  const { low, high } = env.actionSpace;
  const clipped = (x: number, i: number) =>
    Number.isFinite(x) ? Math.min(Math.max(x, low[i] ?? x), high[i] ?? x) : x;
  return wrapEnv(env, {
    step: wrappedStep(env, (step) => (action) => step(Float64Array.from(action, clipped))),
  });
}
