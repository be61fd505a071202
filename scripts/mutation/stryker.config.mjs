// Mutation testing: makes single mistakes in the sources and looks whether a test of the same package notices.
// MUTATE=replay,train runs those packages only; all of them take hours.
import { mutatedPackages } from './packages.mjs';

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', new URL('ignore-messages.mjs', import.meta.url).pathname],
  ignorers: ['messages'],
  vitest: { configFile: 'scripts/mutation/vitest.config.mjs', related: false },
  mutate: mutatedPackages.flatMap((name) => [
    `packages/${name}/src/**/*.ts`,
    `!packages/${name}/src/**/*.@(test|bench).ts`,
    `!packages/${name}/src/testing/**`,
  ]),
  coverageAnalysis: 'perTest',
  // Constants of a module would need a fresh process for each mistake.
  ignoreStatic: true,
  // TypeScript 7 has no API by which Stryker could rewrite tsconfig.json; nothing here needs it rewritten.
  tsconfigFile: 'none',
  ignorePatterns: ['**/dist', '.venv', 'runs', 'docs'],
  concurrency: 2,
  timeoutMS: 3000,
  tempDirName: 'node_modules/.stryker',
  cleanTempDir: 'always',
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  jsonReporter: { fileName: `reports/mutation/${mutatedPackages.join('-')}.json` },
  htmlReporter: { fileName: `reports/mutation/${mutatedPackages.join('-')}.html` },
};
