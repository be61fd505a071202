import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { CliError, hasCode, reasonOf } from '../cli/errors.ts';

/** Where {@link rayToken} looks. */
export interface RayTokenSources {
  /** Default: those of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Default: the user's. */
  readonly home?: string;
}

/**
 * The token of a Ray cluster: `RAY_AUTH_TOKEN`, the file that `RAY_AUTH_TOKEN_PATH` names, or `~/.ray/auth_token`.
 *
 * @returns undefined if there is none, as clusters without authentication have it
 * @throws CliError if the named file can't be read or is empty
 *
 * Reference: Ray 2.60, "Ray token authentication".
 */
export async function rayToken({ variables = process.env, home = homedir() }: RayTokenSources = {}): Promise<
  string | undefined
> {
  const { RAY_AUTH_TOKEN: token, RAY_AUTH_TOKEN_PATH: file } = variables;
  if (token) return token.trim();
  if (file) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new CliError(`can't read the token of Ray in ${file}: ${reasonOf(error)}`, REMEDY, {
        cause: error,
      });
    });
    if (text.trim() === '') throw new CliError(`the file of Ray's token, ${file}, is empty`, REMEDY);
    return text.trim();
  }
  try {
    return (await readFile(path.join(home, '.ray', 'auth_token'), 'utf8')).trim() || undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

const REMEDY = 'RAY_AUTH_TOKEN_PATH is to name a file that holds it: "ray get-auth-token" prints it.';
