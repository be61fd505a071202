import { humanoidModel } from '../models/humanoid.ts';
import type { Mujoco } from '../mujoco.ts';
import { flag, range, resolveOptions, weight, type OptionTable, type Range } from '../options.ts';
import type { Simulation } from '../simulation.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import {
  clamp,
  concat,
  entry,
  inside,
  locomotionOptions,
  planeDistance,
  planePosition,
  rate,
  sumOfSquares,
  uniformStart,
  type LocomotionOptions,
} from './common.ts';
import {
  humanoidObservation,
  humanoidObservationOptions,
  type HumanoidObservationOptions,
} from './humanoid-observation.ts';

/** Options of {@link humanoidV4}, named as Gymnasium's. */
export interface HumanoidV4Options extends LocomotionOptions {
  /** Weight of the speed. Default: 1.25. */
  readonly forwardRewardWeight: number;
  /** Weight of the squared controls. Default: 0.1. */
  readonly ctrlCostWeight: number;
  /** Paid for each healthy step. Default: 5. */
  readonly healthyReward: number;
  /** Whether leaving the healthy heights ends the episode. Default: true. */
  readonly terminateWhenUnhealthy: boolean;
  /** Heights of the torso in metres, exclusive, that are healthy. Default: 1 to 2. */
  readonly healthyZRange: Range;
}

/** Options of {@link humanoid}, named as Gymnasium's. */
export interface HumanoidOptions extends HumanoidV4Options, HumanoidObservationOptions {
  /** Weight of the squared contact forces. Default: 5e-7. */
  readonly contactCostWeight: number;
  /** Bounds of the contact cost. Default: at most 10. */
  readonly contactCostRange: Range;
}

const v4Table: OptionTable<HumanoidV4Options> = {
  ...locomotionOptions(5, 1e-2),
  forwardRewardWeight: weight(1.25),
  ctrlCostWeight: weight(0.1),
  healthyReward: weight(5),
  terminateWhenUnhealthy: flag(true),
  healthyZRange: range(1, 2),
};

const table: OptionTable<HumanoidOptions> = {
  ...v4Table,
  ...humanoidObservationOptions(),
  contactCostWeight: weight(5e-7),
  contactCostRange: range(Number.NEGATIVE_INFINITY, 10),
};

/**
 * Humanoid: a robot with two legs and two arms that is to walk along x.
 *
 *     r = forwardRewardWeight · Δx / dt + healthyReward · [healthy] − ctrlCostWeight · |a|²
 *         − clip(contactCostWeight · |f|², contactCostRange)
 *
 * with x the centre of mass and f the contact forces on all bodies. Healthy is a height within healthyZRange.
 *
 * Observation: positions without x and y (22), velocities (23), inertias (130), velocities of the bodies (78), torques
 * of the motors (17), contact forces (78). Action: 17 torques in [-0.4, 0.4]. dt 0.015 s. It terminates when unhealthy.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function humanoid(mujoco: Mujoco, given: Partial<HumanoidOptions> = {}): MujocoEnv {
  const id = 'Humanoid-v5';
  const options = resolveOptions(id, table, given);
  const xml = options.xml ?? humanoidModel();
  const contactForces = options.includeCfrcExtInObservation || options.contactCostWeight !== 0;
  return taskEnv(mujoco, { ...options, reads: { positions: 3 }, id, xml, contactForces }, (simulation) => {
    return {
      start: uniformStart(options.resetNoiseScale),
      observe: humanoidObservation(simulation, options),
      track: centreOfMass(simulation),
      resetInfo: () => ({ ...planePosition(simulation.qpos), ...tendons(simulation) }),
      judge: (transition) => {
        const healthy = inside(entry(simulation.qpos, 2), options.healthyZRange);
        const velocity = rate(transition, 0);
        const forward = options.forwardRewardWeight * velocity;
        const survive = healthy ? options.healthyReward : 0;
        const control = options.ctrlCostWeight * sumOfSquares(transition.action);
        const contact = clamp(
          options.contactCostWeight * sumOfSquares(simulation.view('cfrc_ext')),
          ...options.contactCostRange,
        );
        return {
          reward: forward + survive - (control + contact),
          terminated: !healthy && options.terminateWhenUnhealthy,
          info: {
            x_position: entry(simulation.qpos, 0),
            y_position: entry(simulation.qpos, 1),
            distance_from_origin: planeDistance(simulation.qpos),
            tendon_length: simulation.view('ten_length').slice(),
            tendon_velocity: simulation.view('ten_velocity').slice(),
            x_velocity: velocity,
            y_velocity: rate(transition, 1),
            reward_survive: survive,
            reward_forward: forward,
            reward_ctrl: -control,
            reward_contact: -contact,
          },
        };
      },
    };
  });
}

/**
 * Humanoid as Gymnasium's v4 has it: {@link humanoid} without a contact cost.
 *
 *     r = forwardRewardWeight · Δx / dt + healthyReward − ctrlCostWeight · |a|²
 *
 * The healthy reward is paid on the step that terminates too.
 *
 * Observation: positions without x and y (22), velocities (23), inertias (140), velocities of the bodies (84), torques
 * on the joints (23), contact forces (84). Action: 17 torques in [-0.4, 0.4]. dt 0.015 s.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function humanoidV4(mujoco: Mujoco, given: Partial<HumanoidV4Options> = {}): MujocoEnv {
  const id = 'Humanoid-v4';
  const options = resolveOptions(id, v4Table, given);
  const xml = options.xml ?? humanoidModel();
  return taskEnv(
    mujoco,
    { ...options, reads: { positions: 3 }, id, xml, contactForces: true },
    (simulation) => {
      const skip = options.excludeCurrentPositionsFromObservation ? 2 : 0;
      return {
        start: uniformStart(options.resetNoiseScale),
        observe: () =>
          concat(
            simulation.qpos.subarray(skip),
            simulation.qvel,
            simulation.view('cinert'),
            simulation.view('cvel'),
            simulation.view('qfrc_actuator'),
            simulation.view('cfrc_ext'),
          ),
        track: centreOfMass(simulation),
        judge: (transition) => {
          const healthy = inside(entry(simulation.qpos, 2), options.healthyZRange);
          const velocity = rate(transition, 0);
          const forward = options.forwardRewardWeight * velocity;
          const survive = healthy || options.terminateWhenUnhealthy ? options.healthyReward : 0;
          const control = options.ctrlCostWeight * sumOfSquares(transition.action);
          return {
            reward: forward + survive - control,
            terminated: !healthy && options.terminateWhenUnhealthy,
            info: {
              reward_linvel: forward,
              reward_quadctrl: -control,
              reward_alive: survive,
              x_position: entry(transition.after, 0),
              y_position: entry(transition.after, 1),
              distance_from_origin: planeDistance(transition.after),
              x_velocity: velocity,
              y_velocity: rate(transition, 1),
              forward_reward: forward,
            },
          };
        },
      };
    },
  );
}

/** Lengths and speeds of the tendons, for `info` of a reset. */
export const tendons = (simulation: Simulation) => ({
  tendon_length: simulation.view('ten_length').slice(),
  tendon_velocity: simulation.view('ten_velocity').slice(),
});

/** x and y of the centre of all mass, Σ mᵢ xᵢ / Σ mᵢ, to track. */
function centreOfMass(simulation: Simulation): () => Float64Array {
  const masses = Float64Array.from(simulation.model.body_mass);
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return () => {
    const positions = simulation.view('xipos');
    let [x, y] = [0, 0];
    for (let i = 0; i < masses.length; i += 1) {
      x += entry(masses, i) * entry(positions, 3 * i);
      y += entry(masses, i) * entry(positions, 3 * i + 1);
    }
    return Float64Array.of(x / total, y / total);
  };
}
