#!/usr/bin/env node
// Compiles the addon for this machine: build/meow-fused-<platform>-<arch>.node. Where that is not possible it says why and
// leaves none, as an old one would not be what the rest expects. With --optional that is no error, as everything else works
// without it, unless CI=true.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { platform, arch, env } = process;
const compiler = env['CC'] || 'cc';
const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'build', `meow-fused-${platform}-${arch}.node`);

// NaN and infinities are values here, so no -ffast-math.
const common = ['-std=gnu11', '-O3', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-psabi'];
const loops = ['-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast'];
// The loops are compiled for each of these, and the fastest that the processor has is chosen at run time.
const instructionSets = {
  plain: [],
  ...(arch === 'x64'
    ? {
        avx2: ['-mavx2', '-mfma'],
        avx512: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma', '-mprefer-vector-width=512'],
      }
    : {}),
};

/** Runs the compiler; returns what went wrong. */
function compile(args) {
  const { error, status, stderr } = spawnSync(compiler, args, {
    cwd: join(root, 'native'),
    encoding: 'utf8',
  });
  if (error)
    return `the C compiler ${compiler} cannot be run (${error.code ?? error.message}); install one or name it in CC`;
  if (stderr) process.stderr.write(stderr);
  return status === 0 ? undefined : `${compiler} failed, see above`;
}

function build() {
  if (platform === 'win32') return 'Windows is not supported yet';
  const { include_dir: headers } = require('node-api-headers');
  mkdirSync(join(root, 'build'), { recursive: true });
  const temporary = mkdtempSync(join(root, 'build', 'objects-'));
  try {
    const objects = [];
    const defines = arch === 'x64' ? ['-DMEOW_X86'] : [];
    const object = (source, name, flags) => {
      objects.push(join(temporary, `${name}.o`));
      return compile([...common, ...flags, ...defines, '-c', source, '-o', objects.at(-1)]);
    };
    const failure =
      object('addon.c', 'addon', ['-I', headers]) ??
      object('operators.c', 'operators', []) ??
      object('kernel.c', 'kernel', []) ??
      object('fused.c', 'fused', []) ??
      object('product.c', 'product', []) ??
      Object.entries(instructionSets).reduce(
        (failed, [name, flags]) =>
          failed ??
          object('blocks.c', `blocks-${name}`, [
            ...loops,
            '-funroll-loops',
            ...flags,
            `-DRUN_BLOCKS=run_blocks_${name}`,
          ]) ??
          object('multiply.c', `multiply-${name}`, [...loops, ...flags, `-DMULTIPLY=multiply_${name}`]),
        undefined,
      );
    if (failure) return failure;
    const linked = join(temporary, 'linked');
    const link = platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-lm', '-ldl', '-lpthread'];
    const unlinked = compile(['-shared', '-o', linked, ...objects, ...link]);
    if (unlinked) return unlinked;
    // In one step, so that a process which loads it meanwhile sees the old one or the new one.
    renameSync(linked, target);
    return undefined;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

const failure = build();
if (failure) {
  console.error(`onnxruntime-fused: the fused engine is not built for ${platform}-${arch}: ${failure}.`);
  rmSync(target, { force: true });
  process.exit(process.argv.includes('--optional') && env['CI'] !== 'true' ? 0 : 1);
}
