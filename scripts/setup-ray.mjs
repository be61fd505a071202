// Installs Ray into scripts/ray/.venv, from PyPI, for the tests of sweeps on a cluster. About 400 MB.
import { makeEnvironment } from './python-environment.mjs';
import { RAY_ENVIRONMENT, RAY_REQUIREMENTS } from './find-ray.mjs';

// The list is whole.
makeEnvironment('ray:setup', RAY_ENVIRONMENT, RAY_REQUIREMENTS, { pipOptions: ['--no-deps'] });
