import { humanoidStandupModel } from '../models/humanoid-standup.ts';
import type { Mujoco } from '../mujoco.ts';
import { range, resolveOptions, weight, type OptionTable, type Range } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import { clamp, entry, sumOfSquares, uniformStart } from './common.ts';
import {
  humanoidObservation,
  humanoidObservationOptions,
  type HumanoidObservationOptions,
} from './humanoid-observation.ts';
import { tendons } from './humanoid.ts';

/** Options of {@link humanoidStandup}, named as Gymnasium's. */
export interface HumanoidStandupOptions extends HumanoidObservationOptions {
  /** Weight of the height. Default: 1. Gymnasium 1.3 takes it and then leaves it unused. */
  readonly uphCostWeight: number;
  /** Weight of the squared controls. Default: 0.1. */
  readonly ctrlCostWeight: number;
  /** Weight of the squared contact forces. Default: 5e-7. */
  readonly impactCostWeight: number;
  /** Bounds of the cost of contacts. Default: at most 10. */
  readonly impactCostRange: Range;
}

const table: OptionTable<HumanoidStandupOptions> = {
  ...humanoidObservationOptions(),
  uphCostWeight: weight(1),
  ctrlCostWeight: weight(0.1),
  impactCostWeight: weight(0.5e-6),
  impactCostRange: range(Number.NEGATIVE_INFINITY, 10),
};

/**
 * HumanoidStandup: the humanoid, lying on its back, is to get up. An episode never terminates.
 *
 *     r = uphCostWeight · z / h − ctrlCostWeight · |a|² − clip(impactCostWeight · |f|², impactCostRange) + 1
 *
 * with z the height of the torso, h the time of one simulation step, f the contact forces on all bodies.
 *
 * Observation: positions without x and y (22), velocities (23), inertias (130), velocities of the bodies (78), torques
 * of the motors (17), contact forces (78). Action: 17 torques in [-0.4, 0.4]. dt 0.015 s. Gymnasium's v5.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function humanoidStandup(mujoco: Mujoco, given: Partial<HumanoidStandupOptions> = {}): MujocoEnv {
  const id = 'HumanoidStandup-v5';
  const options = resolveOptions(id, table, given);
  const xml = options.xml ?? humanoidStandupModel();
  const contactForces = options.includeCfrcExtInObservation || options.impactCostWeight !== 0;
  return taskEnv(mujoco, { ...options, reads: { positions: 3 }, id, xml, contactForces }, (simulation) => {
    const startHeight = entry(simulation.initialPosition, 2);
    return {
      start: uniformStart(options.resetNoiseScale),
      observe: humanoidObservation(simulation, options),
      resetInfo: () => ({
        x_position: entry(simulation.qpos, 0),
        y_position: entry(simulation.qpos, 1),
        z_distance_from_origin: entry(simulation.qpos, 2) - startHeight,
        ...tendons(simulation),
      }),
      judge: ({ action }) => {
        const up = (options.uphCostWeight * entry(simulation.qpos, 2)) / simulation.timestep;
        const control = options.ctrlCostWeight * sumOfSquares(action);
        const impact = clamp(
          options.impactCostWeight * sumOfSquares(simulation.view('cfrc_ext')),
          ...options.impactCostRange,
        );
        return {
          reward: up - control - impact + 1,
          terminated: false,
          info: {
            x_position: entry(simulation.qpos, 0),
            y_position: entry(simulation.qpos, 1),
            z_distance_from_origin: entry(simulation.qpos, 2) - startHeight,
            tendon_length: simulation.view('ten_length').slice(),
            tendon_velocity: simulation.view('ten_velocity').slice(),
            reward_linup: up,
            reward_quadctrl: -control,
            reward_impact: -impact,
          },
        };
      },
    };
  });
}
