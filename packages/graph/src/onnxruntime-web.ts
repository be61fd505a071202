import * as ort from '#onnxruntime-web';

import { onnxRuntime } from './runtimes/onnxruntime.ts';
import { useWasmThreads } from './runtimes/wasm-threads.ts';
import type { Runtime } from './runtime.ts';

export interface OnnxRuntimeWebOptions {
  /**
   * Threads inside an operator; default 1, which gives the same bits on every machine. All of a page's engines have the same
   * number, and more than one needs a page that is cross-origin isolated.
   */
  readonly threads?: number;
}

/**
 * The runtime of onnxruntime-web on WebAssembly, for browsers and for Node.
 *
 * @throws RangeError if `threads` is not a whole number >= 1, the page cannot have as many, or another number was chosen before
 */
export function onnxRuntimeWeb({ threads = 1 }: OnnxRuntimeWebOptions = {}): Runtime {
  useWasmThreads('onnxRuntimeWeb', ort.env.wasm, threads);
  return onnxRuntime('onnxruntime-web', ort, {
    executionProviders: ['wasm'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Errors are thrown anyway.
    logSeverityLevel: 4,
  });
}
