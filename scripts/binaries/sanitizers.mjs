// Runs the tests of the fused engine's addon under AddressSanitizer and UndefinedBehaviorSanitizer: whatever they notice ends the
// process. Linux with gcc. With names of test files, those alone.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { compileAddon } from '../../packages/onnxruntime-fused/scripts/compile-addon.mjs';
import { ENGINE } from './places.mjs';

const { platform, arch, env } = process;
const compiler = env.CC || 'gcc';
const binary = path.join(ENGINE, 'build', 'sanitized', `meow-fused-${platform}-${arch}.node`);

/** @param {string} message */
function fail(message) {
  console.error(`test:sanitizers: ${message}.`);
  process.exit(1);
}

/** @param {string} library as the compiler finds it */
function libraryFile(library) {
  const { stdout = '' } = spawnSync(compiler, [`-print-file-name=${library}`], { encoding: 'utf8' });
  const file = stdout.trim();
  // It answers with the name alone where it has none.
  if (!path.isAbsolute(file)) fail(`${compiler} has no ${library}; install gcc, or name one with CC`);
  return file;
}

// Memory that was freed is kept for a while, to notice who uses it; and products and sums are not made one, so that results are
// rounded otherwise.
const LEFT_OUT = ['keep no memory', 'are used where they are chosen'];

if (platform !== 'linux') fail('it needs Linux');
const failure = await compileAddon({
  compiler: [compiler],
  os: platform,
  cpu: arch,
  target: binary,
  flags: [
    '-O1',
    '-g',
    '-fno-omit-frame-pointer',
    '-fsanitize=address,undefined',
    '-fno-sanitize-recover=all',
    '-Wno-maybe-uninitialized',
  ],
});
if (failure) fail(failure);
const tests = process.argv.length > 2 ? process.argv.slice(2) : [ENGINE];
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', '--project', 'unit', '--testNamePattern', `^(?!.*(${LEFT_OUT.join('|')}))`, ...tests],
  {
    stdio: 'inherit',
    env: {
      ...env,
      MEOW_FUSED_BINARY: binary,
      // Loaded first, as Node is not compiled with it; with C++'s library, whose exceptions it watches.
      LD_PRELOAD: `${libraryFile('libasan.so')} ${libraryFile('libstdc++.so.6')}`,
      // Node keeps what it has until it ends.
      ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'halt_on_error=1:abort_on_error=1:print_stacktrace=1',
    },
  },
);
process.exit(status ?? 1);
