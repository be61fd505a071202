import { hopperModel } from '../models/hopper.ts';
import type { Mujoco } from '../mujoco.ts';
import { range, resolveOptions, type OptionTable, type Range } from '../options.ts';
import type { MujocoEnv } from '../task-env.ts';
import { planarWalker, planarWalkerOptions, type PlanarWalkerOptions } from './planar-walker.ts';
import type { TaskVersion } from './version.ts';

/** Options of {@link hopper}, named as Gymnasium's; heights above 0.7 and angles within ±0.2 are healthy. */
export interface HopperOptions extends PlanarWalkerOptions {
  /** Values of all positions from the angle on and of all velocities, exclusive, that are healthy. Default: ±100. */
  readonly healthyStateRange: Range;
}

const table: OptionTable<HopperOptions> = {
  ...planarWalkerOptions([0.7, Number.POSITIVE_INFINITY], [-0.2, 0.2]),
  healthyStateRange: range(-100, 100),
};

/**
 * Hopper: a one-legged planar robot that is to hop forward.
 *
 *     r = forwardRewardWeight · Δx / dt + healthyReward · [healthy] − ctrlCostWeight · |a|²
 *
 * Observation: positions without x (5), velocities (6) cut off at ±10. Action: 3 torques in [-1, 1]. dt 0.008 s. It
 * terminates when unhealthy; v4 pays the healthy reward on that step too.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function hopper(
  mujoco: Mujoco,
  given: Partial<HopperOptions> = {},
  version: TaskVersion = 'v5',
): MujocoEnv {
  const id = `Hopper-${version}`;
  const options = resolveOptions(id, table, given);
  const stateRange = options.healthyStateRange;
  return planarWalker(mujoco, options, { id, version, xml: hopperModel(), stateRange });
}
