import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { loadTfjsEngine } from '@meow-rl/graph/tfjs-engines';
import type { TfjsEngineName } from '@meow-rl/graph/tfjs-engines';
import { tfjsNodeRuntime } from '@meow-rl/graph/tfjs-node';
import { withoutFused } from '@meow-rl/learner/node';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';

import { reasonOf, UsageError } from '../cli/errors.ts';
import type { EngineChoice, EngineName } from './train-settings.ts';

/** How an engine is to compute. */
export interface EngineOptions {
  /** Threads inside an operator. */
  readonly threads: number;
  /** Where a profile of each operator goes; of onnxruntime's engines. */
  readonly profilePrefix?: string;
}

/** An engine without threads. */
const onOneThread =
  (name: TfjsEngineName) =>
  async ({ threads }: EngineOptions): Promise<Runtime> => {
    if (threads !== 1)
      throw new UsageError(
        `${name} computes on one thread, and ${threads} were asked for`,
        'Leave --threads out, or use --engine fused, onnxruntime or tfjs-node.',
      );
    return loadTfjsEngine(name);
  };

const LOADERS: Readonly<Record<EngineName, (options: EngineOptions) => Promise<Runtime>>> = {
  fused: async (options) => onnxRuntimeFused(options),
  onnxruntime: async (options) => onnxRuntimeNode(options),
  'tfjs-node-gpu': ({ threads }) => tfjsNodeRuntime({ gpu: true, threads }),
  'tfjs-node': ({ threads }) => tfjsNodeRuntime({ threads }),
  'tfjs-wasm': onOneThread('tfjs-wasm'),
  'tfjs-cpu': onOneThread('tfjs-cpu'),
};

/** The engines that profile their operators. */
export const PROFILING_ENGINES: ReadonlySet<EngineName> = new Set(['fused', 'onnxruntime']);
/** The engines that learner threads can load. */
export const ENGINES_OF_THREADS: ReadonlySet<EngineName> = new Set(['fused', 'onnxruntime']);

/**
 * Loads an engine.
 *
 * @throws Error if it isn't there, or can't have so many threads
 */
export const loadEngine = (engine: EngineName, options: EngineOptions): Promise<Runtime> =>
  LOADERS[engine](options);

/** What is computed on, and a line on what would be faster where that can't be loaded. */
export function chooseEngine(choice: EngineChoice): {
  readonly engine: EngineName;
  readonly hint: readonly string[];
} {
  if (choice !== 'auto') return { engine: choice, hint: [] };
  const problem = whyUnavailable();
  if (problem === undefined) return { engine: 'fused', hint: [] };
  return {
    engine: 'onnxruntime',
    hint: [`Engine onnxruntime: ${withoutFused(problem)}`],
  };
}

/**
 * Expects the engine of a run to be there.
 *
 * @param run the folder of one that is gone on with
 * @throws UsageError saying why it isn't, and what to do
 */
export async function expectEngine(
  { engine, threads }: Pick<EngineOptions, 'threads'> & { readonly engine: EngineName },
  run?: string,
): Promise<void> {
  const problem =
    engine === 'fused'
      ? whyUnavailable()
      : await loadEngine(engine, { threads }).then(() => undefined, reasonOf);
  if (problem === undefined) return;
  if (run === undefined)
    throw new UsageError(`the engine ${engine} can't be used: ${problem}`, 'Or leave --engine out.');
  throw new UsageError(
    `${run} was begun on the engine ${engine}, which can't be used here: ${problem}`,
    'It goes on to the same bits on that engine alone; begin a new run to train on another one.',
  );
}
