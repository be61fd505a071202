import { box } from './box.ts';
import type { Env } from './env.ts';
import type { ResumableEnv } from './env-state.ts';
import { wrapEnv } from './wrap-env.ts';

/**
 * Gives `env` an action space of [low, high] in every entry, mapped linearly to the bounds of its own.
 *
 *     t = (a - low) / (high - low),   own = (1 - t) · ownLow + t · ownHigh
 *
 * The ends map to the ends without rounding, and an entry whose own bounds are equal is that number whatever the action.
 * Actions outside [low, high] aren't clipped; `env` decides about them.
 *
 * @param low default -1
 * @param high default 1
 * @throws RangeError unless low < high, both finite and so is their distance, and `env` has finite action bounds
 *
 * Reference: gymnasium.wrappers.RescaleAction.
 */
export function rescaleAction(env: Env, low = -1, high = 1): ResumableEnv {
  const { id, actionSpace: own } = env;
  if (!(low < high && Number.isFinite(high - low))) {
    throw new RangeError(
      `rescaleAction(${id}): low is ${low} and high ${high}, expected low < high, a finite distance apart.`,
    );
  }
  const unbounded = [...own.low, ...own.high].findIndex((bound) => !Number.isFinite(bound));
  if (unbounded >= 0) {
    throw new RangeError(
      `rescaleAction(${id}): entry ${unbounded % own.size} of the action has an infinite bound, expected finite ones. ` +
        'There is nothing to rescale to; clip that action in the environment.',
    );
  }
  const actionSpace = box({ low, high, shape: own.shape });
  return wrapEnv(env, {
    actionSpace,
    step(action) {
      actionSpace.validate(action, `${id}: step(action)`);
      const inOwnUnits = own.low.map((ownLow, i) => {
        const ownHigh = own.high[i] ?? Number.NaN;
        // Rounding would make more than one number of it.
        if (ownLow === ownHigh) return ownLow;
        const t = ((action[i] ?? Number.NaN) - low) / (high - low);
        return (1 - t) * ownLow + t * ownHigh;
      });
      return env.step(inOwnUnits);
    },
  });
}
