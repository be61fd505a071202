import type { Mujoco } from '../mujoco.ts';
import { flag, range, weight, type OptionTable, type Range } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import {
  allInside,
  clamp,
  entry,
  firstPositions,
  inside,
  locomotionOptions,
  positionsAndVelocities,
  rate,
  uniformStart,
  type LocomotionOptions,
} from './common.ts';
import { controlCost } from './control-cost.ts';
import type { TaskVersion } from './version.ts';

/** Options of the planar robots that must not fall, named as Gymnasium's. */
export interface PlanarWalkerOptions extends LocomotionOptions {
  /** Weight of the speed. Default: 1. */
  readonly forwardRewardWeight: number;
  /** Weight of the squared controls. Default: 0.001. */
  readonly ctrlCostWeight: number;
  /** Paid for each step on its feet. Default: 1. */
  readonly healthyReward: number;
  /** Whether falling ends the episode. Default: true. */
  readonly terminateWhenUnhealthy: boolean;
  /** Heights of the torso in metres, exclusive, between which it stands. */
  readonly healthyZRange: Range;
  /** Angles of the torso in radians, exclusive, between which it stands. */
  readonly healthyAngleRange: Range;
}

export const planarWalkerOptions = (
  healthyZ: Range,
  healthyAngle: Range,
): OptionTable<PlanarWalkerOptions> => ({
  ...locomotionOptions(4, 5e-3),
  forwardRewardWeight: weight(1),
  ctrlCostWeight: weight(1e-3),
  healthyReward: weight(1),
  terminateWhenUnhealthy: flag(true),
  healthyZRange: range(...healthyZ),
  healthyAngleRange: range(...healthyAngle),
});

/** What a planar walker is made of beside its options. */
export interface PlanarWalker {
  readonly id: string;
  readonly version: TaskVersion;
  readonly xml: string;
  /** Further entries of the state, from z on: positions without x, then velocities. Default: any. */
  readonly stateRange?: Range;
}

/** Velocities are seen cut off at ± this. */
const MAX_SPEED = 10;

/** A planar robot that is to go forward and not fall; see its task for the formula. */
export function planarWalker(
  mujoco: Mujoco,
  options: PlanarWalkerOptions,
  { id, version, xml, stateRange = [-Infinity, Infinity] }: PlanarWalker,
): MujocoEnv {
  const skip = options.excludeCurrentPositionsFromObservation ? 1 : 0;
  return taskEnv(
    mujoco,
    { ...options, reads: { positions: 3 }, id, xml: options.xml ?? xml },
    (simulation) => {
      const isHealthy = (): boolean =>
        inside(entry(simulation.qpos, 1), options.healthyZRange) &&
        inside(entry(simulation.qpos, 2), options.healthyAngleRange) &&
        allInside(simulation.qpos, 2, stateRange) &&
        allInside(simulation.qvel, 0, stateRange);
      const height = () => entry(simulation.qpos, 1) - entry(simulation.initialPosition, 1);
      return {
        start: uniformStart(options.resetNoiseScale),
        observe() {
          const seen = positionsAndVelocities(simulation, skip);
          for (let i = seen.length - simulation.qvel.length; i < seen.length; i += 1)
            seen[i] = clamp(entry(seen, i), -MAX_SPEED, MAX_SPEED);
          return seen;
        },
        track: () => firstPositions(simulation, 1),
        resetInfo: () =>
          version === 'v5' ? { x_position: entry(simulation.qpos, 0), z_distance_from_origin: height() } : {},
        judge: (transition) => {
          const healthy = isHealthy();
          const velocity = rate(transition, 0);
          const forward = options.forwardRewardWeight * velocity;
          const control = controlCost(options.ctrlCostWeight, transition.action);
          const paid = healthy || (version === 'v4' && options.terminateWhenUnhealthy);
          const survive = paid ? options.healthyReward : 0;
          const x = entry(transition.after, 0);
          return {
            reward: forward + survive - control,
            terminated: !healthy && options.terminateWhenUnhealthy,
            info:
              version === 'v4'
                ? { x_position: x, x_velocity: velocity }
                : {
                    x_position: x,
                    z_distance_from_origin: height(),
                    x_velocity: velocity,
                    reward_forward: forward,
                    reward_ctrl: -control,
                    reward_survive: survive,
                  },
          };
        },
      };
    },
  );
}
