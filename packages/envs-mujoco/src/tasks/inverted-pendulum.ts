import { invertedPendulumModel } from '../models/inverted-pendulum.ts';
import type { Mujoco } from '../mujoco.ts';
import { resolveOptions } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import { entry, noisyOptions, positionsAndVelocities, uniformStart, type NoisyOptions } from './common.ts';

/** Options of {@link invertedPendulum}, named as Gymnasium's. */
export type InvertedPendulumOptions = NoisyOptions;

const table = noisyOptions(2, 0.01);

/** Radians from upright beyond which it has fallen. */
const FALLEN = 0.2;

/**
 * InvertedPendulum: a pole on a cart that is to stay upright.
 *
 *     r = 1 while |angle| ≤ 0.2 and the state is finite, else 0 and terminated
 *
 * Observation: position of the cart, angle, their velocities (4). Action: a force in [-3, 3]. dt 0.04 s. Gymnasium's v5.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function invertedPendulum(mujoco: Mujoco, given: Partial<InvertedPendulumOptions> = {}): MujocoEnv {
  const id = 'InvertedPendulum-v5';
  const options = resolveOptions(id, table, given);
  const xml = options.xml ?? invertedPendulumModel();
  return taskEnv(mujoco, { ...options, reads: { positions: 2 }, id, xml }, (simulation) => ({
    start: uniformStart(options.resetNoiseScale),
    observe: () => positionsAndVelocities(simulation, 0),
    judge: () => {
      const terminated = !(Math.abs(entry(simulation.qpos, 1)) <= FALLEN);
      const reward = terminated ? 0 : 1;
      return { reward, terminated, info: { reward_survive: reward } };
    },
  }));
}
