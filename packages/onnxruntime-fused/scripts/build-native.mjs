#!/usr/bin/env node
// Compiles the addon for this machine: build/meow-fused-<platform>-<arch>.node. Where that is not possible it says why and
// leaves none, as an old one would not be what the rest expects. With --optional that is no error, as everything else works
// without it, unless CI=true.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { compileAddon } from './compile-addon.mjs';

const { platform, arch, env } = process;
const target = fileURLToPath(new URL(`../build/meow-fused-${platform}-${arch}.node`, import.meta.url));

const failure =
  platform === 'win32'
    ? 'on Windows it is not compiled but comes in the package @meow-rl/onnxruntime-fused-win32-x64'
    : compileAddon({ compiler: [env['CC'] || 'cc'], os: platform, cpu: arch, target });
if (failure) {
  console.error(`onnxruntime-fused: the fused engine is not built for ${platform}-${arch}: ${failure}.`);
  rmSync(target, { force: true });
  process.exit(process.argv.includes('--optional') && env['CI'] !== 'true' ? 0 : 1);
}
