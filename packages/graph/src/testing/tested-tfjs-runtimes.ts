import type { Runtime } from '../runtime.ts';
import { loadTfjsEngine } from '../tfjs-engines.ts';
import { tfjsNodeRuntime } from '../tfjs-node.ts';

/** The runtimes of TensorFlow.js that tests run on: cpu and wasm, and tfjs-node where TEST_TFJS_NODE says so. */
export const testedTfjsRuntimes: readonly Runtime[] = [
  await loadTfjsEngine('tfjs-cpu'),
  await loadTfjsEngine('tfjs-wasm'),
  ...(process.env['TEST_TFJS_NODE'] === 'true' ? [await tfjsNodeRuntime()] : []),
];
