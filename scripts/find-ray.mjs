import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { isInstalled, pythonOf } from './python-environment.mjs';

/** @param {string} name */
const at = (name) => fileURLToPath(new URL(name, import.meta.url));

export const RAY_ENVIRONMENT = at('ray/.venv');
export const RAY_REQUIREMENTS = at('ray/requirements.txt');

/**
 * The command `ray` for tests that need a cluster.
 *
 * @returns {string | undefined} its path; undefined if it is not installed, having said that such tests are skipped
 */
export function findRay() {
  if (isInstalled(RAY_ENVIRONMENT, RAY_REQUIREMENTS))
    return path.join(path.dirname(pythonOf(RAY_ENVIRONMENT)), 'ray');
  console.warn(
    'Ray is not installed. Run npm run ray:setup, to run the tests that need it; they are skipped.',
  );
  return undefined;
}
