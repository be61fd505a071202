import { halfCheetahModel } from '../models/half-cheetah.ts';
import type { Mujoco } from '../mujoco.ts';
import { resolveOptions, weight, type OptionTable } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import {
  entry,
  firstPositions,
  gaussianStart,
  locomotionOptions,
  positionsAndVelocities,
  rate,
  type LocomotionOptions,
} from './common.ts';
import { controlCost } from './control-cost.ts';
import type { TaskVersion } from './version.ts';

/** Options of {@link halfCheetah}, named as Gymnasium's. */
export interface HalfCheetahOptions extends LocomotionOptions {
  /** Weight of the speed. Default: 1. */
  readonly forwardRewardWeight: number;
  /** Weight of the squared controls. Default: 0.1. */
  readonly ctrlCostWeight: number;
}

const table: OptionTable<HalfCheetahOptions> = {
  ...locomotionOptions(5, 0.1),
  forwardRewardWeight: weight(1),
  ctrlCostWeight: weight(0.1),
};

/**
 * HalfCheetah: a two-legged planar robot that is to run. An episode never terminates.
 *
 *     r = forwardRewardWeight · Δx / dt − ctrlCostWeight · |a|²
 *
 * Observation: positions without x (8), velocities (9). Action: 6 torques in [-1, 1]. dt 0.05 s, Gymnasium's v4 and v5.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function halfCheetah(
  mujoco: Mujoco,
  given: Partial<HalfCheetahOptions> = {},
  version: TaskVersion = 'v5',
): MujocoEnv {
  const id = `HalfCheetah-${version}`;
  const options = resolveOptions(id, table, given);
  const skip = options.excludeCurrentPositionsFromObservation ? 1 : 0;
  const forwardTerm = version === 'v5' ? 'reward_forward' : 'reward_run';
  const xml = options.xml ?? halfCheetahModel();
  return taskEnv(mujoco, { ...options, reads: { positions: 1 }, id, xml }, (simulation) => ({
    start: gaussianStart(options.resetNoiseScale),
    observe: () => positionsAndVelocities(simulation, skip),
    track: () => firstPositions(simulation, 1),
    resetInfo: () => (version === 'v5' ? { x_position: entry(simulation.qpos, 0) } : {}),
    judge: (transition) => {
      const velocity = rate(transition, 0);
      const forward = options.forwardRewardWeight * velocity;
      const control = controlCost(options.ctrlCostWeight, transition.action);
      return {
        reward: forward - control,
        terminated: false,
        info: {
          x_position: transition.after[0],
          x_velocity: velocity,
          [forwardTerm]: forward,
          reward_ctrl: -control,
        },
      };
    },
  }));
}
