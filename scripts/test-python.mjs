// Checks and tests the bridge's Python: ruff, mypy and pytest; with the argument `isaac` its tests against the real Isaac Lab alone.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { findPython } from './find-python.mjs';

const folder = fileURLToPath(new URL('../packages/envs-isaac-bridge/python', import.meta.url));
const python = findPython();

/** @param {string[]} args of Python */
function run(...args) {
  const { status, error } = spawnSync(python, args, { cwd: folder, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (python !== undefined) {
  if (process.argv[2] === 'isaac') {
    if (!process.env.ISAAC_PYTHON) {
      console.error(
        'test:isaac needs the real Isaac Lab: install it (packages/envs-isaac-bridge/python/README.md says how) and name its Python with ISAAC_PYTHON=path.',
      );
      process.exit(1);
    }
    run('-m', 'pytest', '-m', 'isaac', '--durations=0');
  } else {
    run('-m', 'ruff', 'check', '--quiet', '.');
    run('-m', 'ruff', 'format', '--quiet', '--check', '.');
    run('-m', 'mypy', '--no-error-summary');
    run('-m', 'pytest');
  }
}
