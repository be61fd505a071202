// Python environments of the repository: a virtual environment in a folder that git ignores, with pinned packages from PyPI.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { goToUserFolder } from './user-folder.mjs';

const windows = process.platform === 'win32';

/**
 * Where an environment keeps the list of what was installed; it is there once all of it is.
 *
 * @param {string} environment
 */
const installedList = (environment) => path.join(environment, 'requirements.txt');

/** @param {string} environment */
export const pythonOf = (environment) =>
  path.join(environment, windows ? 'Scripts/python.exe' : 'bin/python');

/**
 * Whether an environment has all of a list.
 *
 * @param {string} environment
 * @param {string} requirements
 */
export function isInstalled(environment, requirements) {
  const list = installedList(environment);
  return existsSync(list) && readFileSync(list, 'utf8') === readFileSync(requirements, 'utf8');
}

/**
 * Runs a program; where it fails, says so and ends.
 *
 * @param {string} name of the npm script that asks for it
 * @param {string} command
 * @param {string[]} args
 */
export function run(name, command, ...args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) return;
  console.error(
    error
      ? `${name} needs Python 3.11 or newer, and ${command} can't be started (${error.message}). Install Python or name it with PYTHON=path.`
      : `${name}: ${command} ${args.join(' ')} ended with exit code ${status}. Read what it printed above; on Debian, environments need the package python3-venv.`,
  );
  process.exit(1);
}

/**
 * Makes an environment, or brings it up to date; returns its Python.
 *
 * @param {string} name of the npm script that asks for it
 * @param {string} environment
 * @param {string} requirements
 * @param {{ pipOptions?: string[], sources?: string[] }} [options] `sources`: folders of Python packages to be used where they are
 */
export function makeEnvironment(name, environment, requirements, { pipOptions = [], sources = [] } = {}) {
  // PYTHON may be a relative path.
  goToUserFolder();
  rmSync(installedList(environment), { force: true });
  run(name, process.env.PYTHON ?? (windows ? 'python' : 'python3'), '-m', 'venv', environment);
  const python = pythonOf(environment);
  const install = [python, '-m', 'pip', 'install', '--quiet', ...pipOptions];
  run(name, ...install, '--requirement', requirements);
  for (const source of sources) run(name, ...install, '--no-build-isolation', '--editable', source);
  copyFileSync(requirements, installedList(environment));
  return python;
}
