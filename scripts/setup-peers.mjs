// Installs the PyTorch and JAX peers of `meow-bench speed --peers` into apps/bench/peers/.venv, from PyPI. About 6 GB.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeEnvironment, run } from './python-environment.mjs';

const folder = fileURLToPath(new URL('../apps/bench/peers/', import.meta.url));
const packages = fileURLToPath(new URL('../packages/', import.meta.url));

const python = makeEnvironment(
  'peers:setup',
  path.join(folder, '.venv'),
  path.join(folder, 'requirements.txt'),
);
for (const [algorithm, golden] of [
  ['meow', 'meow/fixtures/meow-update.json'],
  ['meow', 'meow/fixtures/meow-forward.json'],
  ['sac', 'baselines/fixtures/sac-update.json'],
  ['td3', 'baselines/fixtures/td3-update.json'],
  ['sql', 'baselines/fixtures/sql-update.json'],
  ['ppo', 'baselines/fixtures/ppo-update.json'],
])
  run('peers:setup', python, path.join(folder, 'check.py'), algorithm, path.join(packages, golden));
