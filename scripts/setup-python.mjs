// Installs what tests compare with in Python into .venv, from PyPI. About 100 MB.
import { fileURLToPath } from 'node:url';

import { makeEnvironment } from './python-environment.mjs';

const at = (name) => fileURLToPath(new URL(name, import.meta.url));

makeEnvironment('python:setup', at('../.venv'), at('python-requirements.txt'));
