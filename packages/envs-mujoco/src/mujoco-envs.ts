import type { EnvSpec } from '@meow-rl/envs';

import { loadMujoco, type Mujoco } from './mujoco.ts';
import type { MujocoEnv } from './task-env.ts';
import { ant, antV4 } from './tasks/ant.ts';
import { halfCheetah } from './tasks/half-cheetah.ts';
import { hopper } from './tasks/hopper.ts';
import { humanoidStandup } from './tasks/humanoid-standup.ts';
import { humanoid, humanoidV4 } from './tasks/humanoid.ts';
import { invertedDoublePendulum } from './tasks/inverted-double-pendulum.ts';
import { invertedPendulum } from './tasks/inverted-pendulum.ts';
import { pusher } from './tasks/pusher.ts';
import { reacher } from './tasks/reacher.ts';
import { swimmer } from './tasks/swimmer.ts';
import { walker2d } from './tasks/walker2d.ts';

/** How to make one kind of MuJoCo environment. */
export interface MujocoEnvSpec extends EnvSpec {
  create(options?: object): MujocoEnv;
}

interface Task {
  readonly make: (mujoco: Mujoco, options: object) => MujocoEnv;
  /** Steps after which Gymnasium cuts an episode off. */
  readonly maxSteps: number;
}

const tasks = {
  'HalfCheetah-v5': { make: halfCheetah, maxSteps: 1000 },
  'Hopper-v5': { make: hopper, maxSteps: 1000 },
  'Walker2d-v5': { make: walker2d, maxSteps: 1000 },
  'Ant-v5': { make: ant, maxSteps: 1000 },
  'Humanoid-v5': { make: humanoid, maxSteps: 1000 },
  'HumanoidStandup-v5': { make: humanoidStandup, maxSteps: 1000 },
  'Swimmer-v5': { make: swimmer, maxSteps: 1000 },
  'Reacher-v5': { make: reacher, maxSteps: 50 },
  'Pusher-v5': { make: pusher, maxSteps: 100 },
  'InvertedPendulum-v5': { make: invertedPendulum, maxSteps: 1000 },
  'InvertedDoublePendulum-v5': { make: invertedDoublePendulum, maxSteps: 1000 },
  'HalfCheetah-v4': { make: (mujoco, options) => halfCheetah(mujoco, options, 'v4'), maxSteps: 1000 },
  'Hopper-v4': { make: (mujoco, options) => hopper(mujoco, options, 'v4'), maxSteps: 1000 },
  'Walker2d-v4': { make: (mujoco, options) => walker2d(mujoco, options, 'v4'), maxSteps: 1000 },
  'Ant-v4': { make: antV4, maxSteps: 1000 },
  'Humanoid-v4': { make: humanoidV4, maxSteps: 1000 },
} as const satisfies Record<string, Task>;

/** The id of a task of this package. */
export type MujocoEnvId = keyof typeof tasks;

/** The ids of all tasks of this package; reading them loads nothing. */
export const MUJOCO_ENV_IDS: readonly MujocoEnvId[] = Object.freeze(Object.keys(tasks) as MujocoEnvId[]);

/**
 * The MuJoCo tasks of this package, for `makeEnv(id, { registry: { ...builtinEnvs, ...(await mujocoEnvs()) } })`.
 *
 * @throws Error if MuJoCo's WebAssembly module cannot be loaded
 */
export async function mujocoEnvs(): Promise<Readonly<Record<MujocoEnvId, MujocoEnvSpec>>> {
  return mujocoEnvsOn(await loadMujoco());
}

/** {@link mujocoEnvs} on a module that is loaded. */
export function mujocoEnvsOn(mujoco: Mujoco): Readonly<Record<MujocoEnvId, MujocoEnvSpec>> {
  const specs = Object.entries<Task>(tasks).map(([id, { make, maxSteps }]) => {
    const spec: MujocoEnvSpec = { create: (options = {}) => make(mujoco, options), maxSteps };
    return [id, spec];
  });
  return Object.fromEntries(specs) as Record<MujocoEnvId, MujocoEnvSpec>;
}
