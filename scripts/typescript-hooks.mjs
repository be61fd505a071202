import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const root = new URL('..', import.meta.url).href;
const cache = new URL('node_modules/.cache/typescript/', root);
mkdirSync(cache, { recursive: true });

/**
 * A source without its types, each line and column where it was. Kept, so that hundreds of threads need no compiler.
 *
 * @param {string} source
 */
function javaScriptOf(source) {
  const kept = new URL(`${createHash('sha256').update(source).digest('hex')}.js`, cache);
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const { code } = require('@swc/wasm-typescript').transformSync(source, { mode: 'strip-only' });
    // Complete from the moment at which others can see it.
    const writing = new URL(`${kept.href}.${process.pid}.${threadId}`);
    writeFileSync(writing, code);
    renameSync(writing, kept);
    return code;
  }
}

/**
 * Loads the repository's sources; modules of users are left to what runs them.
 *
 * @type {import('node:module').LoadHook}
 */
export const load = (url, context, nextLoad) =>
  /\.ts(\?|$)/.test(url) && url.startsWith(root) && !url.includes('/node_modules/')
    ? { format: 'module', source: javaScriptOf(readFileSync(fileURLToPath(url), 'utf8')), shortCircuit: true }
    : nextLoad(url, context);
