import { existsSync } from 'node:fs';
import path from 'node:path';

import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, test } from 'vitest';

import { importedPackages } from './imports.ts';
import { examplesOf, importsOf, installedBy, linksOf } from './readme.ts';
import { readTarballs } from './tarballs.ts';
import type { Tarball } from './tarballs.ts';
import { packageOf, root, rootManifest, workspacePackages } from './workspace.ts';

const tarballs = await readTarballs(inject('tarballs'));
const folderOf = ({ manifest: { name } }: Tarball) =>
  workspacePackages.find(({ manifest }) => manifest.name === name)?.folder ?? '';

// Beside README, licence, manifest and what is built.
const OTHER_FILES: Readonly<Record<string, RegExp>> = {
  '@meow-rl/bench': /^(bin\/meow-bench\.js|peers\/\w+\.py)$/,
  '@meow-rl/envs-isaac-bridge':
    /^(PROTOCOL\.md|python\/(README\.md|pyproject\.toml|src\/meow_isaac_bridge\/.*\.py|src\/meow_isaac_bridge\/py\.typed))$/,
  // For machines that there is no package with a binary for.
  '@meow-rl/onnxruntime-fused': /^(native\/[\w-]+\.[ch]|scripts\/(build-native|compile-addon)\.mjs)$/,
};
// What the profile leaves out: require, and resolution from before there were exports.
const OF_REQUIRE: ReadonlySet<string | undefined> = new Set(['node10', 'node16-cjs']);
// Dependencies that no module imports.
const OTHER_DEPENDENCIES: Readonly<Record<string, readonly string[]>> = {
  // The engine of whoever runs the command line, behind @meow-rl/graph/onnxruntime-node.
  '@meow-rl/bench': ['onnxruntime-node'],
  // Headers of the build script; the binary links to the other's library.
  '@meow-rl/onnxruntime-fused': ['node-api-headers', 'onnxruntime-node'],
};

test('every package is packed', () => {
  expect(tarballs.map(({ manifest }) => manifest.name).toSorted()).toEqual(
    workspacePackages.map(({ manifest }) => manifest.name).toSorted(),
  );
});

describe.each(tarballs.map((tarball) => [tarball.manifest.name, tarball] as const))('%s', (name, tarball) => {
  const { bytes, manifest, names, read } = tarball;
  const folder = folderOf(tarball);

  test('passes publint', async () => {
    const { messages } = await publint({
      pack: { tarball: bytes.buffer },
      level: 'suggestion',
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });

  test('has types that import finds, as attw --profile esm-only asks', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(bytes));
    if (manifest.exports === undefined) {
      expect(manifest.bin, 'a package has exports or a command').toBeDefined();
      return;
    }
    if (!analysis.types) throw new Error(`${name} has no types`);
    const problems = analysis.problems.filter(
      (problem) => !('resolutionKind' in problem && OF_REQUIRE.has(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
    expect(Object.keys(analysis.entrypoints).toSorted()).toEqual(Object.keys(manifest.exports).toSorted());
  });

  test('holds what is built of sources that are there, and no tests', () => {
    const strange = names.filter((file) => {
      if (['package.json', 'README.md', 'LICENSE'].includes(file)) return false;
      const built = /^dist\/(?!(?:.*\/)?testing\/)(.*?)(?<!\.(?:test|bench))\.(?:js|d\.ts)$/.exec(file);
      return built
        ? !existsSync(path.join(root, folder, 'src', `${built[1]}.ts`))
        : OTHER_FILES[name]?.test(file) !== true;
    });
    expect(strange).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
  });

  test('has a manifest that npm can publish with provenance', () => {
    expect(manifest).toMatchObject({
      type: 'module',
      license: rootManifest.license,
      engines: rootManifest.engines,
      repository: { ...(rootManifest.repository as object), directory: folder },
      publishConfig: { access: 'public', provenance: true },
    });
    expect(manifest.description).toMatch(/^.{20,}[^.]$/);
    expect(JSON.stringify(manifest)).not.toMatch(/@meow-rl\/source|catalog:/);
    for (const range of Object.values({ ...manifest.dependencies, ...manifest.peerDependencies }))
      expect(range).not.toContain('workspace:');
  });

  test('depends on what it imports, and on nothing else', async () => {
    const imported = await importedPackages(tarball);
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect(
      imported.filter((dependency) => !declared.includes(dependency)),
      'not declared',
    ).toEqual([]);
    const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
    const used = new Set([...imported, ...optional, ...(OTHER_DEPENDENCIES[name] ?? [])]);
    expect(
      declared.filter((dependency) => !used.has(dependency)),
      'never imported',
    ).toEqual([]);
  });

  test('has a README that says what it is, how to install it and how to use it', () => {
    const readme = read('README.md');
    expect(readme).toMatch(name === '@meow-rl/bench' ? /^# meow-bench\n/ : new RegExp(`^# ${name}\n`));
    const installed = installedBy(readme);
    expect(installed[0]).toBe(name);
    const examples = examplesOf(readme);
    expect(examples.length + Object.keys(manifest.bin ?? {}).length).toBeGreaterThan(0);
    const needed = examples.flatMap(({ code }) => importsOf(code)).map(packageOf);
    expect(
      needed.filter((dependency) => !installed.includes(dependency)),
      'not in its npm install',
    ).toEqual([]);
    const broken = linksOf(readme).filter((link) => !existsSync(path.join(root, folder, link)));
    expect(broken, 'links').toEqual([]);
  });
});
