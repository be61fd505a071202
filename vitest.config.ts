import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

// Packages resolve to their TypeScript sources, so tests need no build.
const conditions = ['@meow-rl/source', 'module', 'node', 'import', 'default'];
export const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};
// Worker threads inherit it, so that they run TypeScript sources too; Node 20 can't by itself.
export const execArgv = [
  '--conditions=@meow-rl/source',
  '--import',
  new URL('scripts/typescript.mjs', import.meta.url).href,
];
// A guard against hanging, not a measurement: shared machines can be slow.
export const testTimeout = 60_000;
// Expectations in what is never called, or over nothing, would pass.
const expectations = { requireAssertions: true };
const sources = (suffix: string) => [`{packages,apps}/*/src/**/*.${suffix}.ts`];
/** Packages of functions alone. Their tests change nothing that others see: loading modules once for all takes half the time. */
const PURE = 'packages/{flows,graph,nn,random,replay,safetensors}/src/**';

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          execArgv,
          // Of two cores Vitest would use one.
          maxWorkers: availableParallelism(),
          expect: expectations,
          testTimeout,
          hookTimeout: testTimeout,
          include: sources('test'),
          exclude: [...sources('golden.test'), ...sources('slow.test'), ...sources('isaac.test'), PURE],
        },
      },
      {
        ...shared,
        test: {
          name: 'pure',
          execArgv,
          maxWorkers: availableParallelism(),
          // TensorFlow keeps its threads once it is loaded.
          isolate: process.env['TEST_TFJS_NODE'] === 'true',
          expect: expectations,
          testTimeout,
          hookTimeout: testTimeout,
          include: [`${PURE}/*.test.ts`],
          exclude: [...sources('golden.test'), ...sources('slow.test')],
        },
      },
      {
        ...shared,
        test: {
          name: 'golden',
          execArgv,
          maxWorkers: availableParallelism(),
          // They change nothing that others see: loading engines once for all takes half the time.
          isolate: false,
          include: sources('golden.test'),
          expect: expectations,
          testTimeout,
        },
      },
      {
        ...shared,
        test: {
          name: 'slow',
          execArgv,
          include: [...sources('slow.test'), 'scripts/packages/*.slow.test.ts'],
          expect: expectations,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'isaac',
          execArgv,
          include: sources('isaac.test'),
          expect: expectations,
          testTimeout: 1_200_000,
          hookTimeout: 120_000,
          // Each simulator takes 2 GB, and all cores.
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'binaries',
          execArgv,
          include: ['scripts/binaries/*.test.ts'],
          expect: expectations,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        // Packages as they are published; they need the build.
        test: {
          name: 'packages',
          include: ['scripts/packages/*.test.ts'],
          exclude: ['scripts/packages/*.slow.test.ts'],
          globalSetup: ['scripts/packages/tarballs.ts'],
          expect: expectations,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxConcurrency: 2,
        },
      },
    ],
  },
});
