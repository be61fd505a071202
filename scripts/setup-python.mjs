// Installs what tests need in Python into .venv, from PyPI, and the bridge's server from its sources. About 450 MB.
import { fileURLToPath } from 'node:url';

import { makeEnvironment } from './python-environment.mjs';

const at = (name) => fileURLToPath(new URL(name, import.meta.url));

makeEnvironment('python:setup', at('../.venv'), at('python-requirements.txt'), {
  // The list is whole. What it leaves out, nothing imports; and openpi-client asks for an old NumPy that it doesn't need.
  pipOptions: ['--no-deps'],
  sources: [at('../packages/envs-isaac-bridge/python')],
});
