import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { installedList, pythonOf } from '../python-environment.mjs';

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Whether all that tests need now was installed. */
function isComplete(environment: string): boolean {
  const list = installedList(environment);
  return (
    existsSync(list) && readFileSync(list, 'utf8') === readFileSync(at('../python-requirements.txt'), 'utf8')
  );
}

/**
 * Python for tests that compare with what others wrote in it, with the packages of `scripts/python-requirements.txt`.
 *
 * @returns its path; undefined if it is not installed, having said that such tests are skipped
 * @throws Error instead, where CI is set
 */
export function findPython(): string | undefined {
  const environment = at('../../.venv');
  if (isComplete(environment)) return pythonOf(environment);
  const what = 'The Python packages that tests compare with are not installed. Run npm run python:setup';
  if (process.env['CI']) throw new Error(`${what}: CI runs the tests that need them.`);
  console.warn(`${what}, to run the tests that need them; they are skipped.`);
  return undefined;
}
