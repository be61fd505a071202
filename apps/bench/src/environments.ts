import { builtinEnvs, makeEnv, rescaleAction } from '@meow-rl/envs';
import type { Env, EnvRegistry } from '@meow-rl/envs';
import { mujocoEnvs } from '@meow-rl/envs-mujoco';

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
