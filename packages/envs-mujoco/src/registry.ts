import { builtinEnvs } from '@meow-rl/envs';

import { mujocoEnvs } from './mujoco-envs.ts';

/** What the threads of `makeVectorEnv` choose from. */
export const registry = async () => ({ ...builtinEnvs, ...(await mujocoEnvs()) });
