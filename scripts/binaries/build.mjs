// Compiles the fused engine's addon for every platform, with zig, into packages of their own: build/packages/<platform> of
// packages/onnxruntime-fused. With names of platforms, for those alone. With --optional it is no error where the cross compiler is
// not installed, unless CI is set.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { compileAddon } from '../../packages/onnxruntime-fused/scripts/compile-addon.mjs';
import { binaryOf, ENGINE, folderOf, hasTools, packageOf, platforms, toolsPython } from './places.mjs';

const engineManifest = JSON.parse(readFileSync(path.join(ENGINE, 'package.json'), 'utf8'));
const { def_paths: definitions } = createRequire(path.join(ENGINE, 'package.json'))('node-api-headers');

/** @param {string} message */
function fail(message) {
  console.error(`binaries: ${message}`);
  process.exit(1);
}

/** The zig of the environment, with its first arguments. */
const zig = (...args) => [toolsPython(), '-m', 'ziglang', ...args];

/** What Windows links to for the functions that the process has which loads the addon. */
function nodeLibrary() {
  const library = path.join(tmpdir(), `meow-node-${process.pid}.lib`);
  const [command, ...args] = zig(
    'dlltool',
    '-m',
    'i386:x86-64',
    '-D',
    'node.exe',
    '-d',
    definitions.node_api_def,
    '-l',
    library,
  );
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) fail(`zig dlltool failed:\n${stderr}`);
  return library;
}

/** @param {import('./places.mjs').Platform} platform */
function writePackage(platform) {
  const { os, cpu, libc } = platform;
  const { version, license, repository, publishConfig, engines } = engineManifest;
  const manifest = {
    name: packageOf(platform),
    version,
    description: `The compiled addon of @meow-rl/onnxruntime-fused for ${platform.name}`,
    license,
    repository,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
    main: path.basename(binaryOf(platform)),
    files: [path.basename(binaryOf(platform))],
    engines,
    publishConfig,
  };
  writeFileSync(path.join(folderOf(platform), 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(
    path.join(folderOf(platform), 'README.md'),
    `# ${manifest.name}\n\n${manifest.description}, which installs it.\n`,
  );
  copyFileSync(path.join(ENGINE, '..', '..', 'LICENSE'), path.join(folderOf(platform), 'LICENSE'));
}

/** @param {import('./places.mjs').Platform} platform */
async function build(platform) {
  const { os, cpu, target } = platform;
  rmSync(folderOf(platform), { recursive: true, force: true });
  mkdirSync(folderOf(platform), { recursive: true });
  const libraries = os === 'win32' ? [nodeLibrary()] : [];
  const failure = await compileAddon({
    compiler: zig('cc'),
    os,
    cpu,
    target: binaryOf(platform),
    flags: ['-target', target, '-s'],
    // Vectors of 512 bits are a part of its own in LLVM 20, which zig leaves out.
    setFlags: { avx512: ['-mevex512'] },
    libraries,
  });
  for (const library of libraries) rmSync(library);
  if (failure) fail(`${platform.name}: ${failure}.`);
  writePackage(platform);
  console.log(`${packageOf(platform)}: ${binaryOf(platform)}`);
}

const optional = process.argv.includes('--optional');
const names = process.argv.slice(2).filter((argument) => argument !== '--optional');
const unknown = names.find((name) => !platforms.some((platform) => platform.name === name));
if (unknown)
  fail(`there is no platform ${unknown}. Give some of ${platforms.map(({ name }) => name).join(', ')}.`);
if (!hasTools()) process.exit(optional ? 0 : 1);
for (const platform of platforms)
  if (names.length === 0 || names.includes(platform.name)) await build(platform);
