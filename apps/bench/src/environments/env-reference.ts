import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { moduleResolve } from 'import-meta-resolve';

import { hasCode, reasonOf, UsageError } from '../cli/errors.ts';

/** A module of the user's that makes environments. */
export interface EnvReference {
  /** URL of its file. */
  readonly module: string;
  /** Which of its exports does. */
  readonly exportName: string;
}

/** Splits `module#export`; what follows a `#` in a folder's name is no export. */
function split(text: string): { readonly specifier: string; readonly exportName: string } {
  const [, specifier = text, exportName] = /^(.*?)(?:#([^#/\\]*))?$/s.exec(text) ?? [];
  if (exportName === '')
    throw new UsageError(
      `--env ${text} names no export`,
      'Name one after the #, or leave the # out for the default one.',
    );
  if (specifier === '')
    throw new UsageError(
      `--env ${text} names no module`,
      'Name one before the #, as in ./my-env.ts#makeEnv.',
    );
  return { specifier, exportName: exportName ?? 'default' };
}

const isPath = (specifier: string) =>
  /^(\.{1,2}([/\\]|$)|file:)/.test(specifier) || path.isAbsolute(specifier);

/** What a run keeps of a reference: it means the same in any folder. */
export const formatEnvReference = ({ module, exportName }: EnvReference): string => `${module}#${exportName}`;

/** The reference that a run has kept; undefined for the id of an environment. */
export function parseEnvReference(env: string): EnvReference | undefined {
  if (!env.startsWith('file:')) return undefined;
  const { specifier, exportName } = split(env);
  return { module: specifier, exportName };
}

/**
 * The module that a user names: by a path, relative to `folder`, or as a package installed there.
 *
 * @returns undefined for a single word that is no package: it may be the id of an environment, or be meant for one
 * @throws UsageError if there is no such module
 */
export function resolveEnvReference(env: string, folder = process.cwd()): EnvReference | undefined {
  const { specifier, exportName } = split(env);
  const module = isPath(specifier) ? fileOf(specifier, folder) : packageOf(specifier, folder);
  if (module !== undefined) return { module, exportName };
  const file = path.resolve(folder, specifier);
  if (!isPath(specifier) && statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`there is no package ${specifier}`, `For the file write --env ./${env}.`);
  if (!env.includes('#') && !isPath(specifier)) return undefined;
  throw new UsageError(
    isPath(specifier)
      ? `there is no module ${specifier}, looked for at ${specifier.startsWith('file:') ? fileURLToPath(specifier) : file}`
      : `there is no package ${specifier} to be found from ${folder}`,
    'Name a file, relative to the working directory, or an installed package, as in --env ./my-env.ts#makeEnv; a run has its own in config.json.',
  );
}

function fileOf(specifier: string, folder: string): string | undefined {
  const url = specifier.startsWith('file:')
    ? fileUrl(specifier)
    : pathToFileURL(path.resolve(folder, specifier));
  return existsSync(url) ? url.href : undefined;
}

function fileUrl(text: string): URL {
  try {
    fileURLToPath(text);
    return new URL(text);
  } catch (error) {
    throw new UsageError(
      `${text} is no URL of a file (${reasonOf(error)})`,
      'Write it as file:///folder/my-env.ts, or give a path.',
      { cause: error },
    );
  }
}

function packageOf(specifier: string, folder: string): string | undefined {
  const from = pathToFileURL(path.join(folder, 'env.js'));
  try {
    // Not the place where a package manager keeps this version: an update must not lose it.
    const { href } = moduleResolve(specifier, from, new Set(['node', 'import']), true);
    return href.startsWith('file:') ? href : undefined;
  } catch (error) {
    if (hasCode(error, 'ERR_MODULE_NOT_FOUND', 'ERR_INVALID_MODULE_SPECIFIER')) return undefined;
    throw new UsageError(
      `the package ${specifier} can't be used: ${reasonOf(error)}`,
      'Name a file of it instead.',
      { cause: error },
    );
  }
}
