import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { transformSync } from '@swc/wasm-typescript';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { findPython } from '../find-python.mjs';
import { installedOfOurs, isInstalled, makeFolder, npmInstall } from './install.ts';
import { examplesOf, installedBy } from './readme.ts';
import type { Example } from './readme.ts';
import { startRegistry } from './registry.ts';
import type { Registry } from './registry.ts';
import { run } from './run.ts';
import { readTarballs } from './tarballs.ts';
import type { Tarball } from './tarballs.ts';
import { root } from './workspace.ts';

const tarballs = await readTarballs(inject('tarballs'));
const tarballOf = new Map(tarballs.map((tarball) => [tarball.manifest.name, tarball]));
const home = mkdtempSync(path.join(realpathSync(tmpdir()), 'meow-alone-'));
const python = findPython();
let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry(tarballs);
});
afterAll(async () => {
  await registry.close();
  rmSync(home, { recursive: true });
});

/** What a package brings along of ours: itself, what it depends on, and so on, sorted. */
function closureOf(names: readonly string[]): readonly string[] {
  const closure = new Set<string>();
  const visit = (name: string) => {
    const manifest = tarballOf.get(name)?.manifest;
    if (manifest === undefined || closure.has(name)) return;
    closure.add(name);
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency);
  };
  for (const name of names) visit(name);
  return [...closure].toSorted();
}

const entriesOf = ({ manifest: { name, exports = {} } }: Tarball) =>
  Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`);

/** Imports modules in a process; says of each what it exports, or how that failed. */
const importIn = async (
  folder: string,
  entries: readonly string[],
): Promise<Readonly<Record<string, string>>> =>
  JSON.parse(
    await run(
      'node',
      [
        '--input-type=module',
        '--eval',
        `const entries = ${JSON.stringify(entries)};
         const result = async (entry) => {
           try { return Object.keys(await import(entry)).length > 0 ? 'imported' : 'empty'; } catch (error) { return String(error); }
         };
         console.log(JSON.stringify(Object.fromEntries(await Promise.all(entries.map(async (entry) => [entry, await result(entry)])))));`,
      ],
      { cwd: folder },
    ),
  );

/** The script of an example. Node 20 can't run TypeScript by itself. */
const scriptOf = ({ file, code }: Example) => ({
  script: file.replace(/\.ts$/, '.js'),
  text: file.endsWith('.ts') ? transformSync(code, { mode: 'strip-only' }).code : code,
});

/** Runs the examples of a package's README, as they stand; returns what each printed. */
async function runExamples(folder: string, readme: string): Promise<readonly string[]> {
  const examples = examplesOf(readme);
  for (const example of examples) {
    const { script, text } = scriptOf(example);
    writeFileSync(path.join(folder, script), text);
    // For the types, below.
    if (example.file.endsWith('.ts')) writeFileSync(path.join(folder, example.file), example.code);
  }
  const printed: string[] = [];
  for (const example of examples.filter(({ runs }) => runs))
    printed.push(
      await run('node', [scriptOf(example).script], {
        cwd: folder,
        env: python ? { PATH: `${path.dirname(python)}${path.delimiter}${process.env['PATH']}` } : {},
      }),
    );
  return printed;
}

const number = String.raw`-?\d+(\.\d+)?(e-\d+)?`;
/** What the examples of each README print, in its order. */
const PRINTED: Readonly<Record<string, readonly RegExp[]>> = {
  '@meow-rl/baselines': [/actions: 'deterministic'/, new RegExp(`^256 ${number}\n512 ${number}\n$`)],
  '@meow-rl/bench': [],
  '@meow-rl/envs': [new RegExp(`^0 ${number} 0 .*\n9 ${number} [01] [^\n]*\n$`, 's')],
  '@meow-rl/envs-isaac-bridge': [/^$/],
  '@meow-rl/envs-mujoco': [new RegExp(`^17 ${number} {\n`), /^$/, /^$/, /^$/],
  '@meow-rl/export': [
    new RegExp(`^Float32Array\\(1\\) \\[ ${number} \\]\n$`),
    /^{ name: 'onnxruntime-node', executionProvider: 'cpu', threads: 1 }\n2 2 2\n$/,
  ],
  '@meow-rl/files': [/^{ "seed": 1 }\n$/],
  '@meow-rl/flows': [
    /\[ 0\.45787270\d+, -0\.76159415\d+ \] .* \[ 2\.33787\d+ \]\n$/,
    /^100 \d.*\n200 1\.[5-8]\d+\n$/,
  ],
  // The slope of y = 2 x.
  '@meow-rl/graph': [/^Float32Array\(1\) \[ (1\.99|2\.00|2 )/],
  '@meow-rl/learner': [/^Float32Array\(4\) .* Float32Array\(4\) /s],
  '@meow-rl/meow': [/^Float32Array\(2\) \[ 0\.[3-7]/],
  '@meow-rl/nn': [/action: .*logProb: .*value: /s],
  '@meow-rl/onnxruntime-fused': [/^({\s+y: Float32Array\(4\) \[\s+-0\.26894\d+,\s+0,\s+0\.73105\d+,|$)/],
  '@meow-rl/random': [/\ntrue\n/],
  '@meow-rl/replay': [/^2 512 Float32Array\(4\)/, /\[ 4, 0 \]/, /^Float32Array\(8\)/, /^1\n$/],
  '@meow-rl/safetensors': [/\[ 2, 2 \] Float32Array\(4\) \[ 1, 2, 3, 4 \] 12\n$/],
  '@meow-rl/serve': [/^ws:\/\/127\.0\.0\.1:8000\n$/],
  '@meow-rl/threads': [/\[ 1, 4, 9, 16 \]/],
  '@meow-rl/train': [/type: 'evaluation',\n  step: 4\d\d\d,/, /^$/, /^$/],
};

/** Installs a package as its README says, into a folder of its own; returns the folder. */
async function installAsItsReadmeSays(tarball: Tarball): Promise<string> {
  const folder = path.join(home, tarball.manifest.name.replace('/', '-'));
  const packages = installedBy(tarball.read('README.md'));
  const withEngine =
    packages.includes('onnxruntime-node') ||
    closureOf(packages).some(
      (name) => 'onnxruntime-node' in (tarballOf.get(name)?.manifest.dependencies ?? {}),
    );
  makeFolder({ folder, registry: registry.url, withEngine });
  await npmInstall(folder, packages);
  return folder;
}

const runs = new Map<
  string,
  Promise<{ readonly folder: string; readonly printed: readonly string[] | undefined }>
>();
/** Installs a package and runs its examples, once. */
function runOf(name: string) {
  const known = runs.get(name);
  if (known) return known;
  const start = async () => {
    const tarball = tarballOf.get(name);
    if (!tarball) throw new Error(`there is no package ${name}`);
    const folder = await installAsItsReadmeSays(tarball);
    // The policy that its example serves is the one that export's writes.
    if (name === '@meow-rl/serve')
      cpSync(path.join((await runOf('@meow-rl/export')).folder, 'policy'), path.join(folder, 'policy'), {
        recursive: true,
      });
    const needsPython = name === '@meow-rl/envs-isaac-bridge';
    const printed = needsPython && !python ? undefined : await runExamples(folder, tarball.read('README.md'));
    return { folder, printed };
  };
  const started = start();
  runs.set(name, started);
  return started;
}

/** Starts the command line as whoever installed it does. */
async function runDemo(folder: string): Promise<void> {
  const args = ['meow-bench', 'demo', '--steps', '1040', '--rollouts', '8', '--out', 'demo', '--json'];
  const summary = JSON.parse(await run('npx', args, { cwd: folder }));
  expect(summary).toMatchObject({ rollouts: 8, reachedByGoal: [0, 0, 0, 0].map(() => expect.any(Number)) });
  expect(summary.verifyMaxError).toBeLessThan(1e-3);
  expect(readdirSync(path.join(folder, 'demo'))).toContain('report.html');
}

const packed = tarballs.map((tarball) => [tarball.manifest.name, tarball] as const);
describe('installed by npm outside the workspace, alone', { concurrent: true }, () => {
  test.each(packed)('%s, and the examples of its README', async (name, tarball) => {
    const { folder, printed } = await runOf(name);
    const ours = closureOf(installedBy(tarball.read('README.md')));
    expect(installedOfOurs(folder)).toEqual(ours);
    for (const dependency of ours) expect(isInstalled(folder, dependency)).toBe(true);
    for (const [entry, result] of Object.entries(await importIn(folder, entriesOf(tarball))))
      expect(result, entry).toMatch(
        // READMEs install the engine of Node.
        /onnxruntime-web(gpu)?$/.test(entry) ? /Cannot find package 'onnxruntime-web'/ : /^imported$/,
      );
    if (printed === undefined) {
      console.warn(`${name}: its examples need Python and are not run.`);
      return;
    }
    expect(printed).toHaveLength(PRINTED[name]?.length ?? -1);
    for (const [index, pattern] of (PRINTED[name] ?? []).entries()) expect(printed[index]).toMatch(pattern);
    if (name === '@meow-rl/bench') await runDemo(folder);
  });

  test.each(packed.filter(([, { manifest }]) => manifest.peerDependenciesMeta))(
    '%s without an engine: an entry that needs it says so, the others work',
    async (name, tarball) => {
      const folder = path.join(home, `${name.replace('/', '-')}-without-engine`);
      makeFolder({ folder, registry: registry.url, withEngine: false });
      await npmInstall(folder, [name]);
      expect(installedOfOurs(folder)).toEqual(closureOf([name]));
      const { [name]: main, ...others } = await importIn(folder, entriesOf(tarball));
      expect(main).toBe('imported');
      for (const result of Object.values(others))
        expect(result).toMatch(/^imported$|Cannot find package 'onnxruntime-(node|web)'/);
      if (name !== '@meow-rl/export') return;
      const code =
        "import { loadPolicy } from '@meow-rl/export'; await loadPolicy(new Uint8Array()).catch((error) => console.log(String(error)));";
      expect(await run('node', ['--input-type=module', '--eval', code], { cwd: folder })).toBe(
        'EngineError: loadPolicy: there is no engine: onnxruntime-node and onnxruntime-web are not installed. Run npm install onnxruntime-node.\n',
      );
    },
  );
});

test('types are right for whoever installs a package, and so are those of the examples', async () => {
  for (const [name, tarball] of packed) {
    const { folder } = await runOf(name);
    const imports = entriesOf(tarball).map((entry, index) => `export * as entry${index} from '${entry}';\n`);
    writeFileSync(path.join(folder, 'entries.ts'), `${imports.join('')}export {};\n`);
  }
  const options = {
    compilerOptions: {
      target: 'ES2023',
      lib: ['ES2023', 'DOM'],
      module: 'NodeNext',
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [path.join(root, 'node_modules', '@types')],
    },
    include: ['*/entries.ts', '*/example-*.ts'],
  };
  writeFileSync(path.join(home, 'tsconfig.json'), JSON.stringify(options));
  const printed = await run('tsc', ['-p', home, '--pretty', 'false'], { cwd: home }).catch(String);
  const errors = printed.split('\n').filter((line) => line.includes(': error '));
  // @mujoco/mujoco 3.14.0 names a type that it does not have.
  expect(errors.filter((line) => !line.includes('/@mujoco/mujoco/mujoco.d.ts'))).toEqual([]);
});
