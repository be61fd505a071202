import { affineMap } from './affine-map.ts';
import { box, type Box } from './box.ts';
import type { VectorEnv } from './vector-env.ts';

/**
 * {@link rescaleAction} for environments that step together.
 *
 * @throws RangeError unless low < high, both finite, and `env` has finite action bounds
 */
export function rescaleVectorAction(env: VectorEnv, low = -1, high = 1): VectorEnv {
  const { id, singleActionSpace: target } = env;
  if (!(low < high && Number.isFinite(high - low)))
    throw new RangeError(
      `rescaleVectorAction(${id}): low is ${low} and high ${high}, expected low < high, a finite distance apart.`,
    );
  const unbounded = [...target.low, ...target.high].findIndex((bound) => !Number.isFinite(bound));
  if (unbounded >= 0)
    throw new RangeError(
      `rescaleVectorAction(${id}): entry ${unbounded % target.size} of the action has an infinite bound, expected finite ones. ` +
        'There is nothing to rescale to; give the simulator bounds.',
    );
  const toTarget = affineMap(target, low, high);
  return withActions(env, box({ low, high, shape: target.shape }), (actions) => toTarget(actions));
}

/** {@link clipAction} for environments that step together. */
export function clipVectorAction(env: VectorEnv): VectorEnv {
  const { low, high, size } = env.singleActionSpace;
  const clipped = (x: number, i: number) =>
    Number.isFinite(x) ? Math.min(Math.max(x, low[i % size] ?? x), high[i % size] ?? x) : x;
  return withActions(env, env.singleActionSpace, (actions) => Float64Array.from(actions, clipped));
}

/** `env` with actions of `space`, mapped to its own. Actions of another size go on as such, for `env` to refuse them. */
const withActions = (
  env: VectorEnv,
  singleActionSpace: Box,
  map: (actions: ArrayLike<number>) => ArrayLike<number>,
): VectorEnv => ({
  id: env.id,
  numEnvs: env.numEnvs,
  autoresetMode: env.autoresetMode,
  singleObservationSpace: env.singleObservationSpace,
  singleActionSpace,
  reset: (request) => env.reset(request),
  step: (actions) => env.step(map(actions)),
  close: () => env.close(),
  state: () => env.state(),
  restore: (state) => env.restore(state),
});
