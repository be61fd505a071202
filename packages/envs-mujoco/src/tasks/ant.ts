import { antModel } from '../models/ant.ts';
import type { Mujoco } from '../mujoco.ts';
import { flag, index, range, resolveOptions, weight, type OptionTable, type Range } from '../options.ts';
import type { Simulation } from '../simulation.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import {
  bodyPosition2,
  clamp,
  concat,
  entry,
  gaussianStart,
  locomotionOptions,
  planeDistance,
  planePosition,
  rate,
  type LocomotionOptions,
} from './common.ts';
import { controlCost } from './control-cost.ts';

/** Options that both versions of the ant have. */
interface AntBaseOptions extends LocomotionOptions {
  /** Weight of the squared controls. Default: 0.5. */
  readonly ctrlCostWeight: number;
  /** Weight of the squared contact forces. Default: 5e-4. */
  readonly contactCostWeight: number;
  /** Paid for each healthy step. Default: 1. */
  readonly healthyReward: number;
  /** Whether leaving the healthy heights ends the episode. Default: true. */
  readonly terminateWhenUnhealthy: boolean;
  /** Heights of the torso in metres, inclusive, that are healthy. Default: 0.2 to 1. */
  readonly healthyZRange: Range;
  /** Contact forces are cut off at these bounds where they are seen and paid for. Default: ±1. */
  readonly contactForceRange: Range;
}

/** Options of {@link ant}, named as Gymnasium's. */
export interface AntOptions extends AntBaseOptions {
  /** Weight of the speed. Default: 1. */
  readonly forwardRewardWeight: number;
  /** The body whose speed counts, by name or index. Default: 1, the torso. */
  readonly mainBody: string | number;
  /** Whether the contact forces are observed. Default: true. */
  readonly includeCfrcExtInObservation: boolean;
}

/** Options of {@link antV4}, named as Gymnasium's. */
export interface AntV4Options extends AntBaseOptions {
  /** Whether contact forces are observed and paid for. Default: false. */
  readonly useContactForces: boolean;
}

const baseTable: OptionTable<AntBaseOptions> = {
  ...locomotionOptions(5, 0.1),
  ctrlCostWeight: weight(0.5),
  contactCostWeight: weight(5e-4),
  healthyReward: weight(1),
  terminateWhenUnhealthy: flag(true),
  healthyZRange: range(0.2, 1),
  contactForceRange: range(-1, 1),
};

const table: OptionTable<AntOptions> = {
  ...baseTable,
  forwardRewardWeight: weight(1),
  mainBody: index(1),
  includeCfrcExtInObservation: flag(true),
};

const v4Table: OptionTable<AntV4Options> = { ...baseTable, useContactForces: flag(false) };

/**
 * Ant: a ball on four legs that is to run along x.
 *
 *     r = forwardRewardWeight · Δx / dt + healthyReward · [healthy] − ctrlCostWeight · |a|²
 *         − contactCostWeight · |clip(f, contactForceRange)|²
 *
 * with x the position of `mainBody` and f the contact forces on all bodies. Healthy is a height within healthyZRange.
 *
 * Observation: positions without x and y (13), velocities (14), clipped contact forces of all bodies but the world (78).
 * Action: 8 torques in [-1, 1], in the order of Gymnasium: fourth leg first. dt 0.05 s. It terminates when unhealthy.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function ant(mujoco: Mujoco, given: Partial<AntOptions> = {}): MujocoEnv {
  const id = 'Ant-v5';
  const options = resolveOptions(id, table, given);
  const { includeCfrcExtInObservation: forcesSeen, contactForceRange } = options;
  const xml = options.xml ?? antModel();
  const contactForces = forcesSeen || options.contactCostWeight !== 0;
  return taskEnv(mujoco, { ...options, reads: { positions: 3 }, id, xml, contactForces }, (simulation) => {
    const mainBody = simulation.bodyIndex(options.mainBody);
    const skip = options.excludeCurrentPositionsFromObservation ? 2 : 0;
    return {
      start: gaussianStart(options.resetNoiseScale),
      observe: () =>
        forcesSeen
          ? withForces(simulation, skip, contactForceRange, 6)
          : concat(simulation.qpos.subarray(skip), simulation.qvel),
      track: () => bodyPosition2(simulation, mainBody),
      resetInfo: () => planePosition(simulation.qpos),
      judge: (transition) => {
        const healthy = isHealthy(simulation, options);
        const velocity = rate(transition, 0);
        const forward = velocity * options.forwardRewardWeight;
        const survive = healthy ? options.healthyReward : 0;
        const control = controlCost(options.ctrlCostWeight, transition.action);
        const contact = contactCost(simulation, options);
        return {
          reward: forward + survive - (control + contact),
          terminated: !healthy && options.terminateWhenUnhealthy,
          info: {
            x_position: entry(simulation.qpos, 0),
            y_position: entry(simulation.qpos, 1),
            distance_from_origin: planeDistance(simulation.qpos),
            x_velocity: velocity,
            y_velocity: rate(transition, 1),
            reward_forward: forward,
            reward_ctrl: -control,
            reward_contact: -contact,
            reward_survive: survive,
          },
        };
      },
    };
  });
}

/**
 * Ant as Gymnasium's v4 has it: {@link ant} without contact forces unless asked for.
 *
 *     r = Δx / dt + healthyReward − ctrlCostWeight · |a|²
 *
 * and with useContactForces also − contactCostWeight · |clip(f, contactForceRange)|². The healthy reward is paid on the
 * step that terminates too.
 *
 * Observation: positions without x and y (13), velocities (14), with useContactForces clipped contact forces (84).
 * Action: 8 torques in [-1, 1]. dt 0.05 s. `info.reward_ctrl` is the contact cost with useContactForces, as there.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function antV4(mujoco: Mujoco, given: Partial<AntV4Options> = {}): MujocoEnv {
  const id = 'Ant-v4';
  const options = resolveOptions(id, v4Table, given);
  const { useContactForces, contactForceRange } = options;
  const xml = options.xml ?? antModel();
  return taskEnv(
    mujoco,
    { ...options, reads: { positions: 3 }, id, xml, contactForces: useContactForces },
    (simulation) => {
      const torso = simulation.bodyIndex('torso');
      const skip = options.excludeCurrentPositionsFromObservation ? 2 : 0;
      return {
        start: gaussianStart(options.resetNoiseScale),
        observe: () =>
          useContactForces
            ? withForces(simulation, skip, contactForceRange, 0)
            : concat(simulation.qpos.subarray(skip), simulation.qvel),
        track: () => bodyPosition2(simulation, torso),
        judge: (transition) => {
          const healthy = isHealthy(simulation, options);
          const velocity = rate(transition, 0);
          const survive = healthy || options.terminateWhenUnhealthy ? options.healthyReward : 0;
          const control = controlCost(options.ctrlCostWeight, transition.action);
          const contact = useContactForces ? contactCost(simulation, options) : 0;
          return {
            reward: velocity + survive - (control + contact),
            terminated: !healthy && options.terminateWhenUnhealthy,
            info: {
              reward_forward: velocity,
              reward_ctrl: useContactForces ? -contact : -control,
              reward_survive: survive,
              x_position: entry(transition.after, 0),
              y_position: entry(transition.after, 1),
              distance_from_origin: planeDistance(transition.after),
              x_velocity: velocity,
              y_velocity: rate(transition, 1),
              forward_reward: velocity,
            },
          };
        },
      };
    },
  );
}

function isHealthy(simulation: Simulation, { healthyZRange: [low, high] }: AntBaseOptions): boolean {
  const z = entry(simulation.qpos, 2);
  return low <= z && z <= high;
}

function contactCost(
  simulation: Simulation,
  { contactCostWeight, contactForceRange: [low, high] }: AntBaseOptions,
): number {
  const forces = simulation.view('cfrc_ext');
  let sum = 0;
  for (let i = 0; i < forces.length; i += 1) {
    const force = clamp(entry(forces, i), low, high);
    sum += force * force;
  }
  return contactCostWeight * sum;
}

/** Positions, velocities, and the contact forces from entry `firstForce` on, clipped. */
function withForces(
  simulation: Simulation,
  skip: number,
  [low, high]: Range,
  firstForce: number,
): Float64Array {
  const forces = simulation.view('cfrc_ext').subarray(firstForce);
  const all = concat(simulation.qpos.subarray(skip), simulation.qvel, forces);
  for (let i = all.length - forces.length; i < all.length; i += 1) all[i] = clamp(entry(all, i), low, high);
  return all;
}
