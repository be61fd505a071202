import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

import { execArgv, shared, testTimeout } from '../../vitest.config.ts';
import { mutatedPackages } from './packages.mjs';

// One project: Stryker's runner names tests by file, and a project more would run each twice.
export default defineConfig({
  ...shared,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    execArgv,
    testTimeout,
    include: mutatedPackages.map((name) => `packages/${name}/src/**/*.test.ts`),
    exclude: ['**/*.slow.test.ts', '**/*.isaac.test.ts'],
  },
});
