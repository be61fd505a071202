#!/usr/bin/env node
import { existsSync } from 'node:fs';

// What is built; under the condition @meow-rl/source, as in tests, the sources.
const program = new URL(import.meta.resolve('#cli'));
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error(
    'meow-bench: the program has not been built. In the clone, run "npm run setup && npm run build".',
  );
  process.exitCode = 1;
}
