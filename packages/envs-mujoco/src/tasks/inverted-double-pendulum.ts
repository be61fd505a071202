import { invertedDoublePendulumModel } from '../models/inverted-double-pendulum.ts';
import type { Mujoco } from '../mujoco.ts';
import { resolveOptions, weight, type OptionTable } from '../options.ts';
import { taskEnv, type MujocoEnv } from '../task-env.ts';
import { clamp, entry, gaussianStart, noisyOptions, type NoisyOptions } from './common.ts';

/** Options of {@link invertedDoublePendulum}, named as Gymnasium's. */
export interface InvertedDoublePendulumOptions extends NoisyOptions {
  /** Paid for each step upright. Default: 10. */
  readonly healthyReward: number;
}

const table: OptionTable<InvertedDoublePendulumOptions> = {
  ...noisyOptions(5, 0.1),
  healthyReward: weight(10),
};

/** Height of the tip in metres at which it has fallen. */
const FALLEN = 1;

const bounded = (x: number) => clamp(x, -10, 10);

/**
 * InvertedDoublePendulum: two poles on a cart, on top of each other, that are to stay upright.
 *
 *     r = healthyReward · [z > 1] − (0.01 x² + (z − 2)²) − (10⁻³ ω₁² + 5 · 10⁻³ ω₂²)
 *
 * with x, z the tip of the upper pole and ω the speeds of the hinges. It terminates when the tip falls to z ≤ 1.
 *
 * Observation: position of the cart (1), sines (2) and cosines (2) of the angles, velocities (3) and the force of the
 * rail's end on the cart (1), both cut off at ±10. Action: a force in [-1, 1]. dt 0.05 s. Gymnasium's v5.
 *
 * @throws RangeError for an option that is unknown or out of range
 */
export function invertedDoublePendulum(
  mujoco: Mujoco,
  given: Partial<InvertedDoublePendulumOptions> = {},
): MujocoEnv {
  const id = 'InvertedDoublePendulum-v5';
  const options = resolveOptions(id, table, given);
  const xml = options.xml ?? invertedDoublePendulumModel();
  return taskEnv(
    mujoco,
    { ...options, reads: { positions: 3, velocities: 3, sites: 1 }, id, xml },
    (simulation) => ({
      start: gaussianStart(options.resetNoiseScale),
      observe() {
        const { qpos, qvel } = simulation;
        const [lower, upper] = [entry(qpos, 1), entry(qpos, 2)];
        return Float64Array.of(
          entry(qpos, 0),
          Math.sin(lower),
          Math.sin(upper),
          Math.cos(lower),
          Math.cos(upper),
          bounded(entry(qvel, 0)),
          bounded(entry(qvel, 1)),
          bounded(entry(qvel, 2)),
          bounded(entry(simulation.view('qfrc_constraint'), 0)),
        );
      },
      judge() {
        const { qvel } = simulation;
        const tip = simulation.view('site_xpos');
        const [x, z] = [entry(tip, 0), entry(tip, 2)];
        const terminated = z <= FALLEN;
        const survive = terminated ? 0 : options.healthyReward;
        const distance = 0.01 * x ** 2 + (z - 2) ** 2;
        const speed = 1e-3 * entry(qvel, 1) ** 2 + 5e-3 * entry(qvel, 2) ** 2;
        return {
          reward: survive - distance - speed,
          terminated,
          info: { reward_survive: survive, distance_penalty: -distance, velocity_penalty: -speed },
        };
      },
    }),
  );
}
