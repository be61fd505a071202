import { swimmerModel } from '../models/swimmer.ts';
import type { Mujoco } from '../mujoco.ts';
import { resolveOptions, weight, type OptionTable } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import {
  entry,
  firstPositions,
  locomotionOptions,
  planeDistance,
  planePosition,
  positionsAndVelocities,
  rate,
  uniformStart,
  type LocomotionOptions,
} from './common.ts';
import { controlCost } from './control-cost.ts';

/** Options of {@link swimmer}, named as Gymnasium's. */
export interface SwimmerOptions extends LocomotionOptions {
  /** Weight of the speed. Default: 1. */
  readonly forwardRewardWeight: number;
  /** Weight of the squared controls. Default: 1e-4. */
  readonly ctrlCostWeight: number;
}

const table: OptionTable<SwimmerOptions> = {
  ...locomotionOptions(4, 0.1),
  forwardRewardWeight: weight(1),
  ctrlCostWeight: weight(1e-4),
};

/**
 * Swimmer: three links in a viscous fluid that are to swim along x. An episode never terminates.
 *
 *     r = forwardRewardWeight · Δx / dt − ctrlCostWeight · |a|²
 *
 * Observation: angles (3), velocities (5). Action: 2 torques in [-1, 1]. dt 0.04 s. Gymnasium's v5.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function swimmer(mujoco: Mujoco, given: Partial<SwimmerOptions> = {}): MujocoEnv {
  const id = 'Swimmer-v5';
  const options = resolveOptions(id, table, given);
  const skip = options.excludeCurrentPositionsFromObservation ? 2 : 0;
  const xml = options.xml ?? swimmerModel();
  return taskEnv(mujoco, { ...options, reads: { positions: 2 }, id, xml }, (simulation) => ({
    start: uniformStart(options.resetNoiseScale),
    observe: () => positionsAndVelocities(simulation, skip),
    track: () => firstPositions(simulation, 2),
    resetInfo: () => planePosition(simulation.qpos),
    judge: (transition) => {
      const velocity = rate(transition, 0);
      const forward = options.forwardRewardWeight * velocity;
      const control = controlCost(options.ctrlCostWeight, transition.action);
      return {
        reward: forward - control,
        terminated: false,
        info: {
          x_position: entry(transition.after, 0),
          y_position: entry(transition.after, 1),
          distance_from_origin: planeDistance(transition.after),
          x_velocity: velocity,
          y_velocity: rate(transition, 1),
          reward_forward: forward,
          reward_ctrl: -control,
        },
      };
    },
  }));
}
