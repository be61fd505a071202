import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createPackageFromTarballData } from '@arethetypeswrong/core';
import type { TestProject } from 'vitest/node';

import { run } from './run.ts';
import { root } from './workspace.ts';
import type { Manifest } from './workspace.ts';

/** A package as it is published. */
export interface Tarball {
  /** Name of the file. */
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly manifest: Manifest;
  /** Names relative to the package: `dist/index.js`. */
  readonly names: readonly string[];
  /** The text of a file by its name. */
  readonly read: (name: string) => string;
}

/** Packs all packages of a workspace into a folder. */
export const packAll = async (workspace: string, folder: string) =>
  run('pnpm', ['--recursive', 'pack', '--pack-destination', folder], { cwd: workspace });

/** Reads the tarballs in a folder. Packages that are never published are packed too, and left out. */
export async function readTarballs(folder: string): Promise<readonly Tarball[]> {
  const tarballs = await Promise.all(
    (await readdir(folder)).map(async (file) => {
      const bytes = new Uint8Array(await readFile(path.join(folder, file)));
      const contents = createPackageFromTarballData(bytes);
      const prefix = `/node_modules/${contents.packageName}/`;
      const read = (name: string) => contents.readFile(`${prefix}${name}`);
      return {
        file,
        bytes,
        read,
        manifest: JSON.parse(read('package.json')) as Manifest,
        names: contents.listFiles().map((name) => name.slice(prefix.length)),
      };
    }),
  );
  return tarballs.filter(({ manifest }) => manifest.private !== true);
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with a tarball of each package. */
    tarballs: string;
  }
}

/** Packs the repository's packages once for all test files. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(path.join(tmpdir(), 'meow-tarballs-'));
  await packAll(root, folder);
  project.provide('tarballs', folder);
  return () => rm(folder, { recursive: true });
}
