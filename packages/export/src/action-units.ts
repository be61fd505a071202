import type { Box } from '@meow-rl/envs';

import { PolicyFileError } from './errors.ts';

/** float32's machine epsilon: a number's neighbours are at most this share of it away. */
export const FLOAT32_EPSILON = 2 ** -23;

/** float32's largest number, and its smallest above 0. */
const LARGEST = (2 - FLOAT32_EPSILON) * 2 ** 127;
const SMALLEST = 2 ** -149;

/** What float32 may round an action by, in halves of its range, before a file no longer acts as the agent does. */
const COARSEST = 0.1;

/** Where the actions of an environment lie: `middle + half · a` for `a` in [−1, 1], entry by entry, [act] each. */
export interface ActionUnits {
  /** As float32, like the constants of a file: what is computed from them in float64 is what the file computes. */
  readonly middle: Float32Array;
  /** As float32; 0 where both bounds are the same number. */
  readonly half: Float32Array;
  /** What float32 may round an action by, in the environment's units. */
  readonly rounding: Float64Array;
  /** Σ log half of the entries that are not one number: what a density per unit of `a` loses per unit of the environment. */
  readonly logVolume: number;
}

/**
 * The units of an action space.
 *
 * @throws PolicyFileError if a bound is infinite or beyond float32, or if float32 has too few numbers between two bounds
 */
export function actionUnits({ low, high }: Box): ActionUnits {
  const farthest = low.map((from, i) => Math.max(Math.abs(from), Math.abs(high[i] ?? Number.NaN)));
  // Halved first: the distance of two float64 may be beyond the largest one.
  const half = low.map((from, i) => (high[i] ?? Number.NaN) / 2 - from / 2);
  const float32Half = Float32Array.from(half);
  const rounding = farthest.map((bound) => FLOAT32_EPSILON * bound + SMALLEST);
  for (const [i, bound] of farthest.entries()) {
    const where = `action entry ${i} is in [${low[i]}, ${high[i]}]`;
    if (bound === Number.POSITIVE_INFINITY)
      throw new PolicyFileError(
        `${where}, expected finite bounds. Clip that action in the environment and give its space the bounds.`,
      );
    const [step = 0, reach = 0] = [rounding[i], half[i]];
    if (!(bound <= LARGEST) || (reach > 0 && !(step <= COARSEST * reach)))
      throw new PolicyFileError(
        `${where}, where float32, which files compute in, has too few numbers to tell actions apart. ` +
          'Let the environment take that action shifted or scaled, for instance to [-1, 1].',
      );
  }
  return {
    middle: Float32Array.from(low, (from, i) => from / 2 + (high[i] ?? Number.NaN) / 2),
    half: float32Half,
    rounding,
    logVolume: float32Half.reduce((total, reach) => (reach > 0 ? total + Math.log(reach) : total), 0),
  };
}
