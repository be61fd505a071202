import { walker2dModel } from '../models/walker2d.ts';
import type { Mujoco } from '../mujoco.ts';
import { resolveOptions, type OptionTable } from '../options.ts';
import type { MujocoEnv } from '../task-env.ts';
import { planarWalker, planarWalkerOptions, type PlanarWalkerOptions } from './planar-walker.ts';
import type { TaskVersion } from './version.ts';

/** Options of {@link walker2d}, named as Gymnasium's; heights from 0.8 to 2 and angles within ±1 are healthy. */
export type Walker2dOptions = PlanarWalkerOptions;

const table: OptionTable<Walker2dOptions> = planarWalkerOptions([0.8, 2], [-1, 1]);

/**
 * Walker2d: a two-legged planar robot that is to walk forward.
 *
 *     r = forwardRewardWeight · Δx / dt + healthyReward · [healthy] − ctrlCostWeight · |a|²
 *
 * Observation: positions without x (8), velocities (9) cut off at ±10. Action: 6 torques in [-1, 1]. dt 0.008 s. It
 * terminates when unhealthy; v4 pays the healthy reward on that step too, and its right foot has less friction.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function walker2d(
  mujoco: Mujoco,
  given: Partial<Walker2dOptions> = {},
  version: TaskVersion = 'v5',
): MujocoEnv {
  const id = `Walker2d-${version}`;
  const options = resolveOptions(id, table, given);
  const xml = walker2dModel(version === 'v4' ? { rightFootFriction: 0.9 } : {});
  return planarWalker(mujoco, options, { id, version, xml });
}
