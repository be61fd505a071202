import { builtinEnvs, makeEnv, rescaleAction, timeLimit } from '@meow-rl/envs';
import type { Env, EnvRegistry } from '@meow-rl/envs';
import { mujocoEnvs } from '@meow-rl/envs-mujoco';
import type { MujocoEnv } from '@meow-rl/envs-mujoco';
import { isMujocoEnv } from '@meow-rl/envs-mujoco/render';

import { UsageError } from './errors.ts';
import { unknownName } from './unknown-name.ts';

/** Every environment that a command can name. MuJoCo is loaded only where the id isn't one of the small ones. */
const registryFor = async (id: string): Promise<EnvRegistry> =>
  Object.hasOwn(builtinEnvs, id) ? builtinEnvs : { ...builtinEnvs, ...(await mujocoEnvs()) };

/**
 * @throws UsageError for an id that does not exist
 */
export async function checkEnvironment(id: string): Promise<void> {
  const known = await registryFor(id);
  if (!Object.hasOwn(known, id)) throw unknownName('environment', id, Object.keys(known));
}

/** An environment in its own units. */
export const makeEnvironment = async (id: string): Promise<Env> =>
  makeEnv(id, { registry: await registryFor(id) });

/** An environment as agents see it: actions in [-1, 1]. */
export const makeAgentEnv = async (id: string): Promise<Env> => rescaleAction(await makeEnvironment(id));

/** The spaces of an environment, in its own units. */
export async function spacesOf(id: string): Promise<Pick<Env, 'observationSpace' | 'actionSpace'>> {
  const env = await makeEnvironment(id);
  env.close();
  return { observationSpace: env.observationSpace, actionSpace: env.actionSpace };
}

/** A MuJoCo task, and around it the environment as agents see it. */
export interface MujocoAgentEnv {
  readonly env: Env;
  readonly task: MujocoEnv;
}

/**
 * An environment as agents see it, with the physics inside.
 *
 * @throws UsageError for an id that does not exist or is no MuJoCo task
 */
export async function makeMujocoAgentEnv(id: string): Promise<MujocoAgentEnv> {
  await checkEnvironment(id);
  const spec = (await registryFor(id))[id];
  const task = spec?.create();
  if (spec && task && isMujocoEnv(task)) return { env: rescaleAction(timeLimit(task, spec.maxSteps)), task };
  task?.close();
  throw new UsageError(`${id} has no robot to draw`, 'Name a MuJoCo task, such as HalfCheetah-v5.');
}
