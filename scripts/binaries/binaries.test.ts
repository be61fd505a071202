import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, test } from 'vitest';

import { binaryOf, ENGINE, hasTools, platforms, toolsPython } from './places.mjs';

/** What `inspect.py` says of a file. */
interface Binary {
  readonly format: string;
  readonly machine: string;
  readonly exports: readonly string[];
  readonly imports: readonly string[];
  readonly libraries: readonly string[];
  readonly glibc?: readonly number[];
  readonly executableStack?: boolean;
  readonly minimum?: readonly number[];
  readonly signed?: boolean;
}

const inspect = async (files: readonly string[]): Promise<readonly Binary[]> => {
  const script = path.join(import.meta.dirname, 'inspect.py');
  const { stdout } = await promisify(execFile)(toolsPython(), [script, ...files]);
  return JSON.parse(stdout);
};

/** What a file must be, by platform. */
const EXPECTED: Readonly<Record<string, readonly [format: string, machine: string]>> = {
  'linux-x64-gnu': ['ELF', 'X86_64'],
  'linux-arm64-gnu': ['ELF', 'AARCH64'],
  'darwin-arm64': ['Mach-O', 'ARM64'],
  'darwin-x64': ['Mach-O', 'X86_64'],
  'win32-x64': ['PE', 'AMD64'],
};

/** Libraries that every system of the kind has. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  ELF: /^(libc|libm|libdl|libpthread|ld-linux-x86-64|ld-linux-aarch64)\.so\.\d$/,
  'Mach-O': /^\/usr\/lib\/libSystem\.B\.dylib$/,
  PE: /^(node\.exe|KERNEL32\.dll|api-ms-win-crt-[a-z]+-l1-1-0\.dll)$/i,
};

const { symbols } = createRequire(path.join(ENGINE, 'package.json'))('node-api-headers');
/** The functions of Node's interface that a binary may use: version 8's and older. */
const nodeFunctions = new Set<string>([...symbols.v8.js_native_api_symbols, ...symbols.v8.node_api_symbols]);

describe.skipIf(!hasTools())('the compiled addon', () => {
  let binaries: ReadonlyMap<string, Binary>;
  beforeAll(async () => {
    const described = await inspect(platforms.map(binaryOf));
    binaries = new Map(platforms.map(({ name }, i) => [name, described[i] as Binary]));
  });

  test.each(platforms)('of $name is for its machine and is what Node loads', ({ name }) => {
    const binary = binaries.get(name);
    expect([binary?.format, binary?.machine]).toEqual(EXPECTED[name]);
    // What Node looks for, and the version of its interface.
    expect(binary?.exports.toSorted()).toEqual([
      'napi_register_module_v1',
      'node_api_module_get_api_version_v1',
    ]);
  });

  test.each(platforms)('of $name keeps no path of who compiled it', (platform) => {
    expect(readFileSync(binaryOf(platform)).includes(path.dirname(ENGINE))).toBe(false);
  });

  test.each(platforms)('of $name needs nothing that its system may not have', ({ name }) => {
    const { libraries = [], imports = [], format = '' } = binaries.get(name) ?? {};
    expect(libraries.length).toBeGreaterThan(0);
    for (const library of libraries) expect(library).toMatch(LIBRARIES[format] ?? /nothing/);
    const used = imports.filter((symbol) => symbol.startsWith('napi_'));
    expect(used.length).toBeGreaterThan(15);
    expect(used.filter((symbol) => !nodeFunctions.has(symbol))).toEqual([]);
  });

  test.each(platforms.filter(({ os }) => os === 'linux'))('of $name runs with glibc 2.28', ({ name }) => {
    const { glibc: [major = 0, minor = 0] = [], executableStack } = binaries.get(name) ?? {};
    expect(major).toBe(2);
    expect(minor).toBeGreaterThan(0);
    expect(minor).toBeLessThanOrEqual(28);
    expect(executableStack).toBe(false);
  });

  test.each(platforms.filter(({ os }) => os === 'darwin'))('of $name runs on macOS 11', ({ name, cpu }) => {
    const { minimum, signed } = binaries.get(name) ?? {};
    expect(minimum?.slice(0, 2)).toEqual([11, 0]);
    // Without a signature, if only one of nobody, arm64 loads nothing.
    if (cpu === 'arm64') expect(signed).toBe(true);
  });
});
