import { fileURLToPath } from 'node:url';

import { isInstalled, pythonOf } from './python-environment.mjs';

/** @param {string} name */
const at = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Python for tests that need it, with the packages of `python-requirements.txt`.
 *
 * @returns {string | undefined} its path; undefined if it is not installed, having said that such tests are skipped
 * @throws Error instead, where CI is set
 */
export function findPython() {
  const environment = at('../.venv');
  if (isInstalled(environment, at('python-requirements.txt'))) return pythonOf(environment);
  const what = 'The Python packages that tests need are not installed. Run npm run python:setup';
  if (process.env.CI) throw new Error(`${what}: CI runs the tests that need them.`);
  console.warn(`${what}, to run the tests that need them; they are skipped.`);
  return undefined;
}
