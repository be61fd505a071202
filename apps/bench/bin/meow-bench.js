#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('meow-bench: the program has not been built. Run "npm run build".');
  process.exitCode = 1;
}
