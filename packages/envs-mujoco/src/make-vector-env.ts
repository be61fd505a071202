import { availableParallelism } from 'node:os';

import {
  builtinEnvs,
  makeEnv,
  vectorEnv,
  type MakeEnvOptions,
  type VectorEnv,
  type VectorEnvOptions,
} from '@meow-rl/envs';
import { workerVectorEnv } from '@meow-rl/envs/node';

import { registry } from './registry.ts';

/** Options of {@link makeVectorEnv}. */
export interface MakeVectorEnvOptions extends Omit<MakeEnvOptions, 'registry'>, VectorEnvOptions {
  /**
   * Threads, 0 for this one. Default: as many as there are processors, and no more than environments, for MuJoCo tasks; 0
   * for a single environment and for the tasks of `@meow-rl/envs`, whose steps take less than waking a thread.
   */
  readonly workers?: number;
}

/**
 * Several environments of a MuJoCo task, or of one of `builtinEnvs`, that step together, in threads of their own or here.
 * The results are the same to the bit for any number of threads.
 *
 * @throws RangeError for an id, a number or an option that can't be
 */
export async function makeVectorEnv(
  id: string,
  numEnvs: number,
  {
    workers = defaultWorkers(id, numEnvs),
    autoresetMode = 'next-step',
    ...options
  }: MakeVectorEnvOptions = {},
): Promise<VectorEnv> {
  if (workers !== 0) {
    const module = new URL(`./registry${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
    return workerVectorEnv({ module, id, numEnvs, workers, autoresetMode, ...options });
  }
  // They need no MuJoCo.
  const environments = Object.hasOwn(builtinEnvs, id) ? builtinEnvs : await registry();
  return vectorEnv(() => makeEnv(id, { registry: environments, ...options }), { numEnvs, autoresetMode });
}

const defaultWorkers = (id: string, numEnvs: number) =>
  numEnvs === 1 || Object.hasOwn(builtinEnvs, id) ? 0 : Math.min(numEnvs, availableParallelism());
