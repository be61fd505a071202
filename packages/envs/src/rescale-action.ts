import { affineMap } from './affine-map.ts';
import { box } from './box.ts';
import type { Env } from './env.ts';
import type { ResumableEnv } from './env-state.ts';
import { wrappedStep } from './unchecked-step.ts';
import { wrapEnv } from './wrap-env.ts';

/**
 * Gives `env` an action space of [low, high] in every entry, from where {@link affineMap} leads to its bounds.
 *
 * An entry whose bounds are equal is that number whatever the action. Actions outside [low, high] aren't clipped; `env` decides
 * about them, as about those that aren't finite.
 *
 * @param low default -1
 * @param high default 1
 * @throws RangeError unless low < high, both finite and so is their distance, and `env` has finite action bounds
 *
 * Reference: gymnasium.wrappers.RescaleAction.
 */
export function rescaleAction(env: Env, low = -1, high = 1): ResumableEnv {
  const { id, actionSpace: target } = env;
  if (!(low < high && Number.isFinite(high - low))) {
    throw new RangeError(
      `rescaleAction(${id}): low is ${low} and high ${high}, expected low < high, a finite distance apart.`,
    );
  }
  const unbounded = [...target.low, ...target.high].findIndex((bound) => !Number.isFinite(bound));
  if (unbounded >= 0) {
    throw new RangeError(
      `rescaleAction(${id}): entry ${unbounded % target.size} of the action has an infinite bound, expected finite ones. ` +
        'There is nothing to rescale to; clip that action in the environment.',
    );
  }
  const actionSpace = box({ low, high, shape: target.shape });
  const toTarget = affineMap(target, low, high);
  const mapped = new Float64Array(target.size);
  return wrapEnv(env, {
    actionSpace,
    // An action of another size goes on as such, for `env` to refuse it.
    step: wrappedStep(
      env,
      (step) => (action) => step(toTarget(action, action.length === mapped.length ? mapped : undefined)),
    ),
  });
}
