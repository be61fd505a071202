import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** What a run depends on, by version. */
export interface Versions {
  readonly 'meow-bench': string;
  readonly node: string;
  readonly onnxruntime: string;
}

/** The versions that are running. */
export function versions(): Versions {
  return {
    'meow-bench': packageVersion(),
    node: process.versions.node,
    onnxruntime: versionIn(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
  };
}

/** The version of this package. */
export function packageVersion(): string {
  return versionIn(new URL('../../package.json', import.meta.url));
}

function versionIn(manifest: string | URL): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
