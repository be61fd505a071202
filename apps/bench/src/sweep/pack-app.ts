import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { zip, type AsyncZippable } from 'fflate';
import { glob } from 'tinyglobby';

import { UsageError } from '../cli/errors.ts';

/** The command line in a folder in which `npm install @meow-rl/bench` was run. */
export const APP_PROGRAM = 'node_modules/@meow-rl/bench/bin/meow-bench.js';

/** A folder as Ray takes it. */
export interface PackedApp {
  /** By what is in it, so that it is brought once. */
  readonly name: string;
  bytes(): Promise<Uint8Array>;
}

/**
 * Expects a folder to hold an app.
 *
 * @throws UsageError if `@meow-rl/bench` isn't installed in it
 */
export function expectApp(folder: string): void {
  if (existsSync(path.join(folder, APP_PROGRAM))) return;
  throw new UsageError(
    `${folder} holds no app: there is no ${APP_PROGRAM} in it`,
    'Run "npm install @meow-rl/bench" in it, or name the folder of the nodes that has the app with ray.app.',
  );
}

/** Packs the folder of an app for Ray, links as what they lead to, without engines for other systems than Linux. */
export async function packApp(folder: string): Promise<PackedApp> {
  const files = await glob('**', {
    cwd: folder,
    dot: true,
    ignore: ['**/.git/**', '**/.cache/**', '**/onnxruntime-node/bin/*/{darwin,win32}/**'],
  });
  const hash = createHash('sha256');
  const contents: AsyncZippable = {};
  for (const file of files.toSorted()) {
    const bytes = await readFile(path.join(folder, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
    contents[file] = new Uint8Array(bytes);
  }
  return {
    name: `_ray_pkg_${hash.digest('hex').slice(0, 32)}.zip`,
    bytes: () =>
      new Promise((resolve, reject) => {
        zip(contents, { level: 6 }, (error, data) => (error ? reject(error) : resolve(data)));
      }),
  };
}
