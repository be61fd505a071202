import type { Runtime } from '@meow-rl/graph';
import { onnxRuntime } from '@meow-rl/graph/onnxruntime';
import { Tensor } from 'onnxruntime-common';

import { createSession } from './session.ts';

export { whyUnavailable } from './binary.ts';

export interface OnnxRuntimeFusedOptions {
  /** Threads inside an operator; default 1, with which results are the same bits on every machine of a kind. */
  readonly threads?: number;
  /** Write a profile of each operator to a JSON file with this prefix. */
  readonly profilePrefix?: string;
}

/**
 * The CPU engine of onnxruntime-node with chains of element-wise operators fused: each goes over its matrices once, in the
 * core's cache, instead of once per operator.
 *
 * @throws RangeError if `threads` is not a whole number >= 1; Error if the addon isn't compiled for this machine, see
 *   `whyUnavailable`
 */
export function onnxRuntimeFused({ threads = 1, profilePrefix }: OnnxRuntimeFusedOptions = {}): Runtime {
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`onnxRuntimeFused: threads must be a whole number >= 1, got ${threads}.`);
  return onnxRuntime(
    'onnxruntime-fused',
    { Tensor, InferenceSession: { create: async (model) => createSession(model, threads, profilePrefix) } },
    {},
    { writesIntoOutputs: true, takesSharedMemory: true, fuses: true },
  );
}
