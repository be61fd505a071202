import * as ort from 'onnxruntime-node';

import { onnxRuntime } from './runtimes/onnxruntime.ts';
import type { Runtime } from './runtime.ts';

export interface OnnxRuntimeNodeOptions {
  /**
   * Threads inside an operator; default 1. The updates of this project are too small to gain much from more, and one
   * thread gives the same bits on every machine.
   */
  readonly threads?: number;
  /** Execution providers in order of preference; default `['cpu']`. */
  readonly executionProviders?: readonly string[];
  /** Write a profile of each operator to a JSON file with this prefix. */
  readonly profilePrefix?: string;
}

/**
 * The runtime of onnxruntime-node: CPU, and CUDA or WebGPU where its package has them.
 *
 * @throws RangeError if `threads` is not a whole number >= 1
 */
export function onnxRuntimeNode(options: OnnxRuntimeNodeOptions = {}): Runtime {
  const { threads = 1, executionProviders = ['cpu'], profilePrefix } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`onnxRuntimeNode: threads must be a whole number >= 1, got ${threads}.`);
  return onnxRuntime(
    'onnxruntime-node',
    ort,
    {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      executionProviders,
      graphOptimizationLevel: 'all',
      // Errors are thrown anyway, and warnings about unused initializers of a graph that we generate help nobody.
      logSeverityLevel: 4,
      ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
    },
    { writesIntoOutputs: true },
  );
}
