import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { installedList, pythonOf } from './python-environment.mjs';

/** @param {string} name */
const at = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Whether all that tests need now was installed.
 *
 * @param {string} environment
 */
function isComplete(environment) {
  const list = installedList(environment);
  return (
    existsSync(list) && readFileSync(list, 'utf8') === readFileSync(at('python-requirements.txt'), 'utf8')
  );
}

/**
 * Python for tests that need it, with the packages of `python-requirements.txt`.
 *
 * @returns {string | undefined} its path; undefined if it is not installed, having said that such tests are skipped
 * @throws Error instead, where CI is set
 */
export function findPython() {
  const environment = at('../.venv');
  if (isComplete(environment)) return pythonOf(environment);
  const what = 'The Python packages that tests need are not installed. Run npm run python:setup';
  if (process.env.CI) throw new Error(`${what}: CI runs the tests that need them.`);
  console.warn(`${what}, to run the tests that need them; they are skipped.`);
  return undefined;
}
