import { pusherModel } from '../models/pusher.ts';
import type { Mujoco } from '../mujoco.ts';
import { resolveOptions, weight, type OptionTable } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import { addUniform, commonOptions, concat, distance, uniform, type CommonOptions } from './common.ts';
import { controlCost } from './control-cost.ts';

/** Options of {@link pusher}, named as Gymnasium's. */
export interface PusherOptions extends CommonOptions {
  /** Weight of the distance between hand and puck. Default: 0.5. */
  readonly rewardNearWeight: number;
  /** Weight of the distance between puck and goal. Default: 1. */
  readonly rewardDistWeight: number;
  /** Weight of the squared controls. Default: 0.1. */
  readonly rewardControlWeight: number;
}

const table: OptionTable<PusherOptions> = {
  ...commonOptions(5),
  rewardNearWeight: weight(0.5),
  rewardDistWeight: weight(1),
  rewardControlWeight: weight(0.1),
};

/** Metres that the puck starts away from the goal, at least. */
const APART = 0.17;
/** Joints of the arm. */
const ARM = 7;

/**
 * Pusher: an arm that is to push a puck to a goal. An episode never terminates.
 *
 *     r = −rewardDistWeight · |puck − goal| − rewardControlWeight · |a|² − rewardNearWeight · |puck − hand|
 *
 * It starts with the arm in its initial pose, its speeds U(±0.005), the puck in [-0.3, 0] × [-0.2, 0.2] more than
 * 0.17 m from the goal.
 *
 * Observation: angles of the arm (7), their speeds (7), positions of hand, puck and goal (9). Action: 7 torques in
 * [-2, 2]. dt 0.05 s. Gymnasium's v5.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function pusher(mujoco: Mujoco, given: Partial<PusherOptions> = {}): MujocoEnv {
  const id = 'Pusher-v5';
  const options = resolveOptions(id, table, given);
  const xml = options.xml ?? pusherModel();
  return taskEnv(mujoco, { ...options, reads: { positions: 11, velocities: 11 }, id, xml }, (simulation) => {
    const hand = 3 * simulation.bodyIndex('tips_arm');
    const puck = 3 * simulation.bodyIndex('object');
    const goal = 3 * simulation.bodyIndex('goal');
    return {
      start(generator, qpos, qvel) {
        let [y, x] = [0, 0];
        while (Math.hypot(y, x) <= APART)
          [y, x] = [uniform(generator, -0.3, 0), uniform(generator, -0.2, 0.2)];
        qpos.set([y, x, 0, 0], qpos.length - 4);
        addUniform(generator, qvel, 0.005);
        qvel.fill(0, qvel.length - 4);
      },
      observe() {
        const xpos = simulation.view('xpos');
        const position = (offset: number) => xpos.subarray(offset, offset + 3);
        return concat(
          simulation.qpos.subarray(0, ARM),
          simulation.qvel.subarray(0, ARM),
          position(hand),
          position(puck),
          position(goal),
        );
      },
      judge({ action }) {
        const xpos = simulation.view('xpos');
        const near = -options.rewardNearWeight * distance(xpos, puck, hand);
        const far = -options.rewardDistWeight * distance(xpos, puck, goal);
        const control = -controlCost(options.rewardControlWeight, action);
        return {
          reward: far + control + near,
          terminated: false,
          info: { reward_dist: far, reward_ctrl: control, reward_near: near },
        };
      },
    };
  });
}
