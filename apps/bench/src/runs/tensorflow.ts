import { createRequire } from 'node:module';

import { DataError } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';
import { tfjsRuntime } from '@meow-rl/graph/tfjs';
import type { TfjsModule } from '@meow-rl/graph/tfjs';

/** Engines of TensorFlow's library in C. */
export type TensorFlowEngine = 'tfjs-node' | 'tfjs-node-gpu';

const require = createRequire(import.meta.url);

const setUp = (engine: TensorFlowEngine): string =>
  `Run npm run setup:tfjs-node${engine === 'tfjs-node-gpu' ? ' -- --gpu' : ''} in a clone of this repository`;

/**
 * The module of tfjs-node.
 *
 * @throws DataError if it isn't installed, or can't be loaded
 */
function requireModule(engine: TensorFlowEngine): TfjsModule & { ready(): Promise<void> } {
  const name = `@tensorflow/${engine}`;
  const util: { isNullOrUndefined?: (value: unknown) => boolean } = require('node:util');
  // tfjs-node 4.22 calls it, and Node has it no longer from version 23 on.
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // Its notes on what the processor could do, at each start.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  try {
    return require(name);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const missing = reason.includes(`'${name}'`);
    throw new DataError(
      `${engine}: ${missing ? `${name} is not installed` : `${name} can't be loaded (${reason})`}. ${setUp(engine)}.`,
      { cause: error },
    );
  }
}

/** The number of threads that TensorFlow was loaded with: it keeps it as long as the process lives. */
let threadsOfProcess: number | undefined;

/**
 * Loads TensorFlow's library in C as an engine.
 *
 * @param threads inside an operator
 * @throws DataError if it isn't set up, computes with another number of threads already, or finds no GPU where it is to use one
 */
export async function tensorFlowRuntime(engine: TensorFlowEngine, threads: number): Promise<Runtime> {
  if (threadsOfProcess !== undefined && threadsOfProcess !== threads)
    throw new DataError(
      `${engine}: TensorFlow computes with ${threadsOfProcess} threads in this process, and can't change to ${threads}. Start another process for them.`,
    );
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  process.env['TF_NUM_INTEROP_THREADS'] = '1';
  const tf = requireModule(engine);
  threadsOfProcess = threads;
  await tf.ready();
  const runtime = tfjsRuntime(tf, { backend: 'tensorflow' });
  if (engine === 'tfjs-node-gpu' && runtime.name !== engine)
    throw new DataError(
      `${engine}: TensorFlow finds no GPU here. See that nvidia-smi shows one, or use another engine.`,
    );
  return runtime;
}
