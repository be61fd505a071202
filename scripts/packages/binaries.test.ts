import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { transformSync } from '@swc/wasm-typescript';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { folderOf, hasTools, packageOf, platforms } from '../binaries/places.mjs';
import { makeFolder, npmInstall } from './install.ts';
import { examplesOf } from './readme.ts';
import { startRegistry } from './registry.ts';
import type { Registry } from './registry.ts';
import { run } from './run.ts';
import { readTarballs } from './tarballs.ts';
import { root } from './workspace.ts';

const ENGINE = '@meow-rl/onnxruntime-fused';
const here = platforms.find(({ os, cpu }) => os === process.platform && cpu === process.arch);

const tarballs = await readTarballs(inject('tarballs'));
const engine = tarballs.find(({ manifest }) => manifest.name === ENGINE);

test('the engine asks for the package of each platform, of its own version', () => {
  expect(engine?.manifest.optionalDependencies).toEqual(
    Object.fromEntries(platforms.map((platform) => [packageOf(platform), engine?.manifest.version])),
  );
});

describe.skipIf(!here || !hasTools())('the engine, installed where there is no compiler', () => {
  const home = mkdtempSync(path.join(realpathSync(tmpdir()), 'meow-binaries-'));
  const binaryPackage = here ? packageOf(here) : '';
  const programs = path.join(home, 'bin');
  let registry: Registry;
  beforeAll(async () => {
    if (!here) return;
    await run('node', ['scripts/binaries/build.mjs', here.name], { cwd: root });
    const packed = path.join(home, 'packed');
    mkdirSync(packed);
    await run('npm', ['pack', `--pack-destination=${packed}`], { cwd: folderOf(here) });
    registry = await startRegistry([...tarballs, ...(await readTarballs(packed))]);
    // Node and what npm runs, and no compiler.
    mkdirSync(programs);
    symlinkSync(process.execPath, path.join(programs, 'node'));
  });
  afterAll(async () => {
    await registry?.close();
    rmSync(home, { recursive: true });
  });

  /** Installs what the README says into an empty folder. */
  async function install(name: string, options: readonly string[] = []): Promise<string> {
    const folder = path.join(home, name);
    makeFolder({ folder, registry: registry.url, withEngine: true });
    await npmInstall(folder, [ENGINE, '@meow-rl/graph', ...options]);
    return folder;
  }

  /** Runs a script of a folder without any program but Node's. */
  const runAlone = (folder: string, script: string, binary = ''): Promise<string> =>
    run('node', [script], { cwd: folder, env: { PATH: programs, MEOW_FUSED_BINARY: binary } });

  const WHY = `import { whyUnavailable } from '${ENGINE}'; console.log(whyUnavailable());`;

  test('the package for this machine holds the addon alone, and says where it fits', () => {
    const names = [...registry.versions.values()].map(({ manifest }) => manifest);
    expect(names.find(({ name }) => name === binaryPackage)).toMatchObject({
      version: engine?.manifest.version,
      os: [process.platform],
      cpu: [process.arch],
      main: 'meow-fused.node',
    });
  });

  test('it runs the example of its README', async () => {
    const folder = await install('with');
    expect(existsSync(path.join(folder, 'node_modules', binaryPackage, 'meow-fused.node'))).toBe(true);
    expect(existsSync(path.join(folder, 'node_modules', ENGINE, 'build'))).toBe(false);
    // npm leaves out what the registry lacks, or what is for other machines.
    for (const other of platforms.filter((platform) => platform !== here))
      expect(existsSync(path.join(folder, 'node_modules', packageOf(other)))).toBe(false);
    const [example] = examplesOf(engine?.read('README.md') ?? '');
    writeFileSync(
      path.join(folder, 'example.js'),
      transformSync(example?.code ?? '', { mode: 'strip-only' }).code,
    );
    expect(await runAlone(folder, 'example.js')).toMatch(
      /^{\s+y: Float32Array\(4\) \[\s+-0\.26894\d+,\s+0,\s+0\.73105\d+,/,
    );
  });

  test('it says what to do where that package was left out', async () => {
    const folder = await install('without', ['--omit=optional']);
    writeFileSync(path.join(folder, 'why.js'), WHY);
    expect(await runAlone(folder, 'why.js')).toBe(
      `there is no addon for ${process.platform}-${process.arch}: the package ${binaryPackage} is not installed, nor was one compiled here. Install that package, or a C compiler and run npx meow-build-fused\n`,
    );
  });

  test('what was compiled there comes before it, and what the variable names before both', async () => {
    const folder = await install('order');
    writeFileSync(path.join(folder, 'why.js'), WHY);
    const compiled = path.join(folder, 'node_modules', ENGINE, 'build');
    mkdirSync(compiled);
    const { platform, arch } = process;
    const broken = path.join(compiled, `meow-fused-${platform}-${arch}.node`);
    writeFileSync(broken, 'no addon');
    expect(await runAlone(folder, 'why.js')).toMatch(
      /meow-fused-[a-z0-9-]+\.node can't be loaded \(.*\)\. Compile it here with npx meow-build-fused\n$/,
    );
    const installed = path.join(folder, 'node_modules', binaryPackage, 'meow-fused.node');
    expect(await runAlone(folder, 'why.js', installed)).toBe('undefined\n');
    expect(await runAlone(folder, 'why.js', '/nowhere.node')).toBe(
      'MEOW_FUSED_BINARY names /nowhere.node, which is not there. Name a compiled addon\n',
    );
  });
});
