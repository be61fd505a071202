#!/usr/bin/env node
// Compiles the addon for this machine: build/meow-fused-<platform>-<arch>.node. Where that is not possible it says why and
// leaves none, as an old one would not be what the rest expects. With --optional that is no error, as everything else works
// without it, unless CI=true; and an addon that can be loaded and is newer than its sources stays.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { compileAddon } from './compile-addon.mjs';

const require = createRequire(import.meta.url);
const { platform, arch, env } = process;
const root = fileURLToPath(new URL('..', import.meta.url));
const target = path.join(root, 'build', `meow-fused-${platform}-${arch}.node`);
const optional = process.argv.includes('--optional');

/** Whether the addon is there, newer than what it is made of, and can be loaded. */
function isUpToDate() {
  if (!existsSync(target)) return false;
  const sources = ['native', 'scripts'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((file) => path.join(root, folder, file)),
  );
  const { mtimeMs } = statSync(target);
  if (sources.some((file) => statSync(file).mtimeMs > mtimeMs)) return false;
  try {
    require(target);
    return true;
  } catch {
    return false;
  }
}

async function build() {
  if (optional && isUpToDate()) return undefined;
  return platform === 'win32'
    ? 'on Windows it is not compiled but comes in the package @meow-rl/onnxruntime-fused-win32-x64'
    : compileAddon({ compiler: [env['CC'] || 'cc'], os: platform, cpu: arch, target });
}

const failure = await build();
if (failure) {
  console.error(`onnxruntime-fused: the fused engine is not built for ${platform}-${arch}: ${failure}.`);
  rmSync(target, { force: true });
  process.exit(optional && env['CI'] !== 'true' ? 0 : 1);
}
