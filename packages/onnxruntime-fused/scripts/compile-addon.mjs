// How the addon is compiled, by whichever compiler and for whichever platform.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const sources = fileURLToPath(new URL('../native', import.meta.url));
const require = createRequire(import.meta.url);
const { include_dir: headers } = require('node-api-headers');

// NaN and infinities are values here, so no -ffast-math.
const COMMON = ['-std=gnu11', '-O3', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-psabi'];
const LOOPS = ['-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast'];

/**
 * The flags of each set of loops; the fastest one that the processor has is chosen at run time.
 *
 * @param {string} cpu
 * @returns {Readonly<Record<string, readonly string[]>>}
 */
const instructionSets = (cpu) => ({
  plain: [],
  ...(cpu === 'x64' && {
    avx2: ['-mavx2', '-mfma'],
    avx512: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma', '-mprefer-vector-width=512'],
  }),
});

/**
 * The object files that make the addon.
 *
 * @param {string} cpu
 * @param {Readonly<Record<string, readonly string[]>>} setFlags
 * @returns {readonly { readonly name: string, readonly args: readonly string[] }[]}
 */
function objects(cpu, setFlags) {
  const once = [
    'addon',
    'platform',
    'processor',
    'operators',
    'kernel',
    'fused',
    'patterns',
    'product',
    'layout',
    'reduce',
    'direct',
    'direct-host',
    'direct-addon',
    'adam-addon',
  ];
  // Loops take the longest.
  return [
    ...Object.entries(instructionSets(cpu)).flatMap(([set, instructions]) => {
      const flags = [...instructions, ...(setFlags[set] ?? [])];
      return [
        {
          name: `blocks-${set}`,
          args: ['blocks.c', ...LOOPS, '-funroll-loops', ...flags, `-DRUN_BLOCKS=run_blocks_${set}`],
        },
        { name: `multiply-${set}`, args: ['multiply.c', ...LOOPS, ...flags, `-DMULTIPLY=multiply_${set}`] },
        {
          name: `adam-${set}`,
          args: ['adam.c', ...LOOPS, '-ffp-contract=off', ...flags, `-DADAM=adam_${set}`],
        },
      ];
    }),
    ...once.map((name) => ({ name, args: [`${name}.c`, '-I', headers] })),
  ];
}

/** What the linker is told, by operating system. Node's functions are in the process that loads the addon. */
const LINKED = {
  // By itself the linker calls it by the path that it is made at.
  darwin: ['-undefined', 'dynamic_lookup', '-Wl,-install_name,@rpath/meow-fused.node'],
  linux: ['-lm', '-ldl', '-lpthread'],
  win32: [],
};

/**
 * Compiles the addon into `target`, in one step: a process that loads it meanwhile sees the old one or the new one.
 *
 * @param {object} options
 * @param {readonly string[]} options.compiler the command and its first arguments
 * @param {string} options.os
 * @param {string} options.cpu
 * @param {string} options.target
 * @param {readonly string[]} [options.flags] further ones, for compiling and linking
 * @param {Readonly<Record<string, readonly string[]>>} [options.setFlags] further ones, for loops of an instruction set
 * @param {readonly string[]} [options.libraries]
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function compileAddon({
  compiler: [command = 'cc', ...first],
  os,
  cpu,
  target,
  flags = [],
  setFlags = {},
  libraries = [],
}) {
  const run = async (args) => {
    try {
      const { stderr } = await promisify(execFile)(command, [...first, ...args], { cwd: sources });
      process.stderr.write(stderr);
      return undefined;
    } catch (error) {
      // Of a program that ran it is a number.
      if (typeof error.code === 'string')
        return `the C compiler ${command} cannot be run (${error.code}); install one or name it in CC`;
      process.stderr.write(error.stderr ?? '');
      return `${command} failed, see above`;
    }
  };
  mkdirSync(path.dirname(target), { recursive: true });
  const temporary = mkdtempSync(path.join(path.dirname(target), 'objects-'));
  const at = (name) => path.join(temporary, name);
  try {
    const defines = cpu === 'x64' ? ['-DMEOW_X86'] : [];
    const made = objects(cpu, setFlags);
    const left = [...made];
    const compileThoseLeft = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const failure = await run([
          ...COMMON,
          ...flags,
          ...defines,
          ...next.args,
          '-c',
          '-o',
          at(`${next.name}.o`),
        ]);
        if (failure === undefined) continue;
        left.length = 0;
        return failure;
      }
      return undefined;
    };
    const results = await Promise.all(Array.from({ length: availableParallelism() }, compileThoseLeft));
    const inputs = made.map(({ name }) => at(`${name}.o`));
    const failure =
      results.find((result) => result !== undefined) ??
      (await run(['-shared', ...flags, '-o', at('linked'), ...inputs, ...libraries, ...LINKED[os]]));
    if (failure === undefined) renameSync(at('linked'), target);
    return failure;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
