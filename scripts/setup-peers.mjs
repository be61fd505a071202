// Installs the PyTorch and JAX peers of `meow-bench speed --peers` into apps/bench/peers/.venv, from PyPI. About 6 GB.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { goToUserFolder } from './user-folder.mjs';

// PYTHON may be a relative path.
goToUserFolder();

const folder = fileURLToPath(new URL('../apps/bench/peers/', import.meta.url));
const windows = process.platform === 'win32';
const python = process.env.PYTHON ?? (windows ? 'python' : 'python3');
const ownPython = path.join(folder, '.venv', windows ? 'Scripts/python.exe' : 'bin/python');

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) return;
  console.error(
    error
      ? `peers:setup needs Python 3.11 or newer, and ${command} can't be started (${error.message}). Install Python or name it with PYTHON=path.`
      : `peers:setup: ${command} ${args.join(' ')} ended with exit code ${status}. Read what it printed above.`,
  );
  process.exit(1);
}

run(python, '-m', 'venv', path.join(folder, '.venv'));
run(ownPython, '-m', 'pip', 'install', '--quiet', '--requirement', path.join(folder, 'requirements.txt'));
run(
  ownPython,
  path.join(folder, 'check.py'),
  fileURLToPath(new URL('../packages/meow/fixtures/meow-update.json', import.meta.url)),
);
