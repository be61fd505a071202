// Compiles a package from its sources to dist, and deletes what is there of sources that are gone: it would be packed.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const compiler = path.join(
  path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
);
const { status, stdout } = spawnSync(
  process.execPath,
  [compiler, '-p', 'tsconfig.json', '--listEmittedFiles'],
  {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const isEmitted = /^TSFILE: /;
const lines = stdout.split('\n');
const emitted = new Set(
  lines.filter((line) => isEmitted.test(line)).map((line) => path.resolve(line.replace(isEmitted, ''))),
);
process.stdout.write(lines.filter((line) => !isEmitted.test(line)).join('\n'));
if (status !== 0) process.exit(status ?? 1);
for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  const file = path.resolve(entry.parentPath, entry.name);
  if (entry.isFile() && !emitted.has(file)) rmSync(file);
}
