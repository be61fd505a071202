import { fileURLToPath } from 'node:url';

import { actionUnits } from '@meow-rl/export';
import { envFactoryOf, rescaleAction, type Env, type EnvFactory } from '@meow-rl/envs';

import { formatEnvReference, resolveEnvReference, type EnvReference } from './env-reference.ts';
import { hasCode, reasonOf, UsageError } from '../cli/errors.ts';
import { importModule } from '../modules/import-module.ts';
import { withOpen } from '../files/with-open.ts';

/** What an environment of the user's own says of itself. */
export interface UserEnvironment {
  readonly id: string;
  /** Its time limit; undefined if its module gives none. */
  readonly maxSteps: number | undefined;
}

/**
 * The factory of an environment of the user's own.
 *
 * @throws UsageError if its module isn't there, can't be imported or exports none; `create` throws one if it fails
 */
export async function userFactory(reference: EnvReference): Promise<EnvFactory> {
  resolveEnvReference(formatEnvReference(reference));
  const file = fileURLToPath(reference.module);
  const exported = await importModule(reference.module).catch((error: unknown) => {
    throw missingPackage(error, file) ?? refused(error, `${file} can't be imported: `);
  });
  try {
    const { maxSteps, create } = envFactoryOf(exported, reference.exportName, file);
    return {
      maxSteps,
      create: (options) =>
        create(options).catch((error: unknown) => {
          throw refused(error);
        }),
    };
  } catch (error) {
    throw refused(error);
  }
}

/**
 * Makes an environment of the user's own twice, as training and evaluation do, to see that it can be trained in.
 *
 * @throws UsageError if it can't
 */
export async function tryUserEnvironment(reference: EnvReference): Promise<UserEnvironment> {
  const { create, maxSteps } = await userFactory(reference);
  return withOpen(async (open) => {
    const env = await create();
    open(closing(env));
    rescaleAction(env);
    // What no exported policy could act in isn't trained in.
    actionUnits(env.actionSpace);
    open(closing(await create()));
    return { id: env.id, maxSteps };
  }).catch((error: unknown) => {
    throw refused(error);
  });
}

const closing = (env: Env) => ({
  close(): void {
    try {
      env.close();
    } catch (error) {
      throw refused(error, `close() of ${env.id} failed: `);
    }
  },
});

/** The error for a module that lies where Node finds no packages of ours; undefined for any other. */
function missingPackage(error: unknown, file: string): UsageError | undefined {
  const [, name] = /^Cannot find package '(@meow-rl\/[^'/]+)/.exec(reasonOf(error)) ?? [];
  if (name === undefined || !hasCode(error, 'ERR_MODULE_NOT_FOUND')) return undefined;
  return new UsageError(
    `${file} can't be imported: Node finds no ${name} from there`,
    'Put it into the folder in which "npm install @meow-rl/bench" was run, or below it; in a clone of meow-rl into apps/bench.',
    { cause: error },
  );
}

/** The same for the command line: it was given a module that won't do. */
function refused(error: unknown, before = ''): UsageError {
  if (error instanceof UsageError) return error;
  return new UsageError(before + reasonOf(error), 'Correct the module, or name another export after the #.', {
    cause: error,
  });
}
