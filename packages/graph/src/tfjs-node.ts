import { createRequire } from 'node:module';

import { DataError } from './errors.ts';
import type { TfjsModule } from './runtimes/tfjs/module.ts';
import { tfjsRuntime } from './runtimes/tfjs/runtime.ts';
import type { Runtime } from './runtime.ts';

export interface TfjsNodeOptions {
  /** Computes on an NVIDIA GPU, by @tensorflow/tfjs-node-gpu. Default: false. */
  readonly gpu?: boolean;
  /** Threads inside an operator; default 1. TensorFlow keeps the number that it was loaded with. */
  readonly threads?: number;
}

/** A package of TensorFlow.js for Node. */
type TfjsNodeModule = TfjsModule & {
  ready(): Promise<void>;
  enableProdMode(): void;
};

/** Loads a package by its name. */
type Require = (name: string) => TfjsNodeModule;

const nodeRequire = createRequire(import.meta.url);

/** The module of a package, before which what it lacks is put in place. */
function requireModule(name: string, command: string, requirePackage: Require): TfjsNodeModule {
  const util: { isNullOrUndefined?: (value: unknown) => boolean } = nodeRequire('node:util');
  // tfjs-node 4.22 calls it, and Node has it no longer from version 23 on.
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // Without its notes on what the processor could do.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // Else it takes all memory of the GPU, and a simulator finds none there.
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  try {
    return requirePackage(name);
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    const problem = reason.includes(`'${name}'`) ? 'is not installed' : `can't be loaded (${reason})`;
    throw new DataError(`tfjsNodeRuntime: ${name} ${problem}. Run ${command} in a clone of meow-rl.`, {
      cause: error,
    });
  }
}

/** TensorFlow as this process has loaded it: it keeps its library and its threads. */
let loaded: { readonly name: string; readonly threads: number } | undefined;

/**
 * The runtime of TensorFlow's library in C, by tfjs-node. The package has to be built for a current TensorFlow, which
 * `npm run setup:tfjs-node` of this repository does: what it downloads when it is installed is TensorFlow 2.9.
 *
 * @param requirePackage loads a package; default: from where this one lies
 * @throws RangeError if `threads` is not a whole number >= 1; DataError if the package isn't there or can't be loaded, finds no GPU where it is to use one, or this process has
 *   loaded the other package, or this one with other threads
 */
export async function tfjsNodeRuntime(
  { gpu = false, threads = 1 }: TfjsNodeOptions = {},
  requirePackage: Require = nodeRequire,
): Promise<Runtime> {
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`tfjsNodeRuntime: threads must be a whole number >= 1, got ${threads}.`);
  const name = gpu ? 'tfjs-node-gpu' : 'tfjs-node';
  if (loaded && (loaded.name !== name || loaded.threads !== threads))
    throw new DataError(
      `tfjsNodeRuntime: this process computes on ${loaded.name} with ${loaded.threads} threads and keeps to that, and ${name} with ${threads} was asked for. Start another process.`,
    );
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  process.env['TF_NUM_INTEROP_THREADS'] = '1';
  const command = `npm run setup:tfjs-node${gpu ? ' -- --gpu' : ''}`;
  const tf = requireModule(`@tensorflow/${name}`, command, requirePackage);
  loaded = { name, threads };
  tf.enableProdMode();
  await tf.ready();
  const runtime = tfjsRuntime(tf, { backend: 'tensorflow' });
  if (gpu && runtime.name !== name)
    throw new DataError(
      'tfjsNodeRuntime: TensorFlow finds no GPU here. See that nvidia-smi shows one, or compute without gpu.',
    );
  return runtime;
}
