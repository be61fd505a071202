import type { EnvRegistry } from '@meow-rl/envs';

import { loadMujoco } from './mujoco.ts';
import { halfCheetah } from './tasks/half-cheetah.ts';
import { hopper } from './tasks/hopper.ts';
import { invertedPendulum } from './tasks/inverted-pendulum.ts';
import { swimmer } from './tasks/swimmer.ts';
import { walker2d } from './tasks/walker2d.ts';

/** Steps after which Gymnasium cuts an episode of these tasks off. */
const MAX_STEPS = 1000;

/**
 * The MuJoCo tasks of this package, for `makeEnv(id, { registry: { ...builtinEnvs, ...(await mujocoEnvs()) } })`.
 *
 * @throws Error if MuJoCo's WebAssembly module cannot be loaded
 */
export async function mujocoEnvs(): Promise<EnvRegistry> {
  const mujoco = await loadMujoco();
  const maxSteps = MAX_STEPS;
  return {
    'HalfCheetah-v5': { create: (options = {}) => halfCheetah(mujoco, options), maxSteps },
    'HalfCheetah-v4': { create: (options = {}) => halfCheetah(mujoco, options, 'v4'), maxSteps },
    'Hopper-v5': { create: (options = {}) => hopper(mujoco, options), maxSteps },
    'Hopper-v4': { create: (options = {}) => hopper(mujoco, options, 'v4'), maxSteps },
    'Walker2d-v5': { create: (options = {}) => walker2d(mujoco, options), maxSteps },
    'Walker2d-v4': { create: (options = {}) => walker2d(mujoco, options, 'v4'), maxSteps },
    'InvertedPendulum-v5': { create: (options = {}) => invertedPendulum(mujoco, options), maxSteps },
    'Swimmer-v5': { create: (options = {}) => swimmer(mujoco, options), maxSteps },
  };
}
