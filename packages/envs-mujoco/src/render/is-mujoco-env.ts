import type { Env } from '@meow-rl/envs';

import type { MujocoEnv } from '../task-env.ts';

const SIMULATION = ['model', 'qpos', 'timestep', 'twin'];

/**
 * Whether an environment is a MuJoCo task, without wrappers around it that hide the physics. Told by its members: one that
 * somebody's own module makes may come from another copy of this package.
 */
export const isMujocoEnv = (env: Env): env is MujocoEnv =>
  'frameSkip' in env && 'contactForces' in env && 'simulation' in env && isSimulation(env.simulation);

const isSimulation = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && SIMULATION.every((member) => member in value);
