import { createRequire } from 'node:module';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { run } from './run.ts';
import { root } from './workspace.ts';

/** Puts a folder's files into another one without copying their bytes. */
function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target);
    else linkSync(source, target);
  }
}

const ENGINE = 'onnxruntime-node';
const engine = path.dirname(
  realpathSync(createRequire(path.join(root, 'apps/bench/package.json')).resolve(`${ENGINE}/package.json`)),
);

/**
 * Puts the workspace's engine where npm would write its 290 MB again for each package. npm keeps what is there if the manifest
 * says that it is what the registry has.
 */
function linkEngine(folder: string): void {
  const target = path.join(folder, 'node_modules', ENGINE);
  linkFolder(engine, target);
  const file = path.join(target, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const lock = readFileSync(path.join(root, 'pnpm-lock.yaml'), 'utf8');
  const [, integrity] =
    new RegExp(`^  ${ENGINE}@${manifest.version}:\n    resolution: {integrity: ([^}]+)}`, 'm').exec(lock) ??
    [];
  if (integrity === undefined) throw new Error(`pnpm-lock.yaml has no ${ENGINE}@${manifest.version}`);
  // Its own file, so that the workspace's stays as it is.
  rmSync(file);
  writeFileSync(file, JSON.stringify({ ...manifest, _integrity: integrity }));
}

/** A folder to install packages in. */
export interface InstallOptions {
  readonly folder: string;
  /** The registry of @meow-rl. All others come from npm's. */
  readonly registry: string;
  /** Whether npm finds the engine's files there, those of the workspace. */
  readonly withEngine: boolean;
}

/** Makes an empty folder for packages. */
export function makeFolder({ folder, registry, withEngine }: InstallOptions): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(path.join(folder, '.npmrc'), `@meow-rl:registry=${registry}\n`);
  if (!withEngine) return;
  try {
    linkEngine(folder);
  } catch (error) {
    // Another file system: npm writes the files.
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
  }
}

/** Installs packages by `npm install`, as whoever reads a README does. */
export async function npmInstall(folder: string, packages: readonly string[]): Promise<void> {
  const args = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const cache = path.join(root, 'node_modules', '.cache', 'npm');
  await run('npm', ['install', ...packages, ...args, `--prefix=${folder}`, `--cache=${cache}`], {
    cwd: folder,
    // Its script downloads CUDA's libraries.
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
}

/** The packages of @meow-rl that are installed in a folder, sorted. */
export const installedOfOurs = (folder: string): readonly string[] =>
  readdirSync(path.join(folder, 'node_modules', '@meow-rl'))
    .map((name) => `@meow-rl/${name}`)
    .toSorted();

/** Whether a package is installed in a folder, itself and not a link to the workspace. */
export function isInstalled(folder: string, name: string): boolean {
  const place = path.join(folder, 'node_modules', name);
  return existsSync(place) && realpathSync(place) === path.join(realpathSync(folder), 'node_modules', name);
}
