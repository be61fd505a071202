import type { Env } from './env.ts';

/**
 * Closes every one, also after one that can't be closed.
 *
 * @returns what those that can't be closed threw
 */
export function closeAll(envs: readonly Env[]): readonly unknown[] {
  const errors: unknown[] = [];
  for (const env of envs) {
    try {
      env.close();
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}
