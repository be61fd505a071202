import { reacherModel } from '../models/reacher.ts';
import type { Mujoco } from '../mujoco.ts';
import { resolveOptions, weight, type OptionTable } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import { addUniform, commonOptions, distance, entry, uniform, type CommonOptions } from './common.ts';
import { controlCost } from './control-cost.ts';

/** Options of {@link reacher}, named as Gymnasium's. */
export interface ReacherOptions extends CommonOptions {
  /** Weight of the distance. Default: 1. */
  readonly rewardDistWeight: number;
  /** Weight of the squared controls. Default: 1. */
  readonly rewardControlWeight: number;
}

const table: OptionTable<ReacherOptions> = {
  ...commonOptions(2),
  rewardDistWeight: weight(1),
  rewardControlWeight: weight(1),
};

/** How far from the middle the target may lie, in metres. */
const REACH = 0.2;

/**
 * Reacher: an arm of two links in a plane whose fingertip is to reach a target. An episode never terminates.
 *
 *     r = −rewardDistWeight · |fingertip − target| − rewardControlWeight · |a|²
 *
 * It starts with angles U(±0.1), speeds U(±0.005) and the target anywhere in a disc of radius 0.2.
 *
 * Observation: cosines and sines of the two angles (4), the target (2), the angles' speeds (2), the way from target to
 * fingertip (2). Action: 2 torques in [-1, 1]. dt 0.02 s. Gymnasium's v5.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function reacher(mujoco: Mujoco, given: Partial<ReacherOptions> = {}): MujocoEnv {
  const id = 'Reacher-v5';
  const options = resolveOptions(id, table, given);
  const xml = options.xml ?? reacherModel();
  return taskEnv(mujoco, { ...options, reads: { positions: 4, velocities: 4 }, id, xml }, (simulation) => {
    const fingertip = 3 * simulation.bodyIndex('fingertip');
    const target = 3 * simulation.bodyIndex('target');
    return {
      start(generator, qpos, qvel) {
        addUniform(generator, qpos, 0.1);
        addUniform(generator, qvel, 0.005);
        let [x, y] = [REACH, REACH];
        while (Math.hypot(x, y) >= REACH)
          [x, y] = [uniform(generator, -REACH, REACH), uniform(generator, -REACH, REACH)];
        qpos.set([x, y], qpos.length - 2);
        qvel.fill(0, qvel.length - 2);
      },
      observe() {
        const { qpos, qvel } = simulation;
        const xpos = simulation.view('xpos');
        const [first, second] = [entry(qpos, 0), entry(qpos, 1)];
        return Float64Array.of(
          Math.cos(first),
          Math.cos(second),
          Math.sin(first),
          Math.sin(second),
          entry(qpos, 2),
          entry(qpos, 3),
          entry(qvel, 0),
          entry(qvel, 1),
          entry(xpos, fingertip) - entry(xpos, target),
          entry(xpos, fingertip + 1) - entry(xpos, target + 1),
        );
      },
      judge({ action }) {
        const far = -options.rewardDistWeight * distance(simulation.view('xpos'), fingertip, target);
        const control = -controlCost(options.rewardControlWeight, action);
        return {
          reward: far + control,
          terminated: false,
          info: { reward_dist: far, reward_ctrl: control },
        };
      },
    };
  });
}
