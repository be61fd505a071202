import { createRequire } from 'node:module';
import path from 'node:path';

import { build } from 'esbuild';

/** Where onnxruntime-web keeps its WebAssembly, which the bundle loads from beside itself. */
export const engineFolder = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));

/** Writes the script of engines-page.ts, as `engines-page.js`, and a page for it. */
export async function bundleEngines(folder: string): Promise<void> {
  await build({
    entryPoints: [path.join(import.meta.dirname, 'engines-page.ts')],
    bundle: true,
    outdir: folder,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: ['@meow-rl/source', 'onnxruntime-web-use-extern-wasm'],
    logLevel: 'error',
  });
}
