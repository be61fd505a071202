import type { Env } from '@meow-rl/envs';

import { Simulation } from '../simulation.ts';
import type { MujocoEnv } from '../task-env.ts';

/** Whether an environment is a MuJoCo task of this package, without wrappers around it. */
export const isMujocoEnv = (env: Env): env is MujocoEnv =>
  'simulation' in env && env.simulation instanceof Simulation;
