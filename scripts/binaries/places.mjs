// Where the tools and the results of cross-compiling are, and the platforms that the fused engine is compiled for.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { isInstalled, pythonOf } from '../python-environment.mjs';

/** @param {string} name */
const at = (name) => fileURLToPath(new URL(name, import.meta.url));

export const ENVIRONMENT = at('.venv');
export const REQUIREMENTS = at('requirements.txt');
export const ENGINE = at('../../packages/onnxruntime-fused');

/** @returns {string} Python with what `requirements.txt` lists */
export const toolsPython = () => pythonOf(ENVIRONMENT);

/**
 * @typedef {object} Platform
 * @property {string} name of the package, after `@meow-rl/onnxruntime-fused-`
 * @property {string} os as Node and npm name it
 * @property {string} cpu as Node and npm name it
 * @property {string} [libc]
 * @property {string} target as zig names it
 */

/** @type {readonly Platform[]} */
export const platforms = JSON.parse(readFileSync(path.join(ENGINE, 'platforms.json'), 'utf8'));

/** @param {Platform} platform */
export const packageOf = ({ name }) => `@meow-rl/onnxruntime-fused-${name}`;

/**
 * The folder of a platform's package, which git ignores.
 *
 * @param {Platform} platform
 */
export const folderOf = ({ name }) => path.join(ENGINE, 'build', 'packages', name);

/**
 * The compiled addon in a platform's package.
 *
 * @param {Platform} platform
 */
export const binaryOf = (platform) => path.join(folderOf(platform), 'meow-fused.node');

/** Node for arm64, which an emulator runs. */
export const NODE_ARM64 = path.join(ENVIRONMENT, 'arm64', 'node');

/**
 * Whether there are the tools that compile and read binaries; says where not that tests that need them are skipped.
 *
 * @throws Error instead, where CI is set
 */
export function hasTools() {
  if (isInstalled(ENVIRONMENT, REQUIREMENTS) && existsSync(NODE_ARM64)) return true;
  const what = 'The cross compiler is not installed. Run npm run binaries:setup';
  if (process.env.CI) throw new Error(`${what}: CI runs the tests that need it.`);
  console.warn(`${what}, to run the tests that need it; they are skipped.`);
  return false;
}
