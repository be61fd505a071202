import type { Runtime } from '@meow-rl/graph';
import { onnxRuntime } from '@meow-rl/graph/onnxruntime';
import { Tensor } from 'onnxruntime-common';

import { compileAdam } from './adam-step.ts';
import { addon } from './binary.ts';
import type { InstructionSet } from './binary.ts';
import { createDirectSession } from './direct-session.ts';
import { createSession } from './session.ts';
import type { SessionOptions } from './session.ts';

export { whyUnavailable, type InstructionSet } from './binary.ts';

export interface OnnxRuntimeFusedOptions extends SessionOptions {
  /** Threads inside an operator; default 1, with which results are the same bits on every machine of a kind. */
  readonly threads?: number;
}

/**
 * The instruction sets that the fused operator can use on this processor, the fastest first.
 *
 * @throws Error if the addon isn't compiled for this machine, see `whyUnavailable`
 */
export const instructionSets = (): readonly InstructionSet[] => addon().instructionSets();

/**
 * How programs are lowered for the fused engine.
 *
 * @param threads inside an operator; the one for products works on one thread
 */
export const loweringFor = (threads: number) => ({ fuses: true, multiplies: threads === 1 });

/**
 * The CPU engine of onnxruntime-node with chains of element-wise operators fused: each goes over its matrices once, in the
 * core's cache, instead of once per operator.
 *
 * @throws RangeError if `threads` is not a whole number >= 1, or the processor hasn't the instruction set; Error if the addon isn't compiled for this machine, see
 *   `whyUnavailable`
 */
export function onnxRuntimeFused({ threads = 1, ...options }: OnnxRuntimeFusedOptions = {}): Runtime {
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`onnxRuntimeFused: threads must be a whole number >= 1, got ${threads}.`);
  const { instructionSet } = options;
  if (instructionSet !== undefined && !instructionSets().includes(instructionSet))
    throw new RangeError(
      `onnxRuntimeFused: instructionSet is ${instructionSet}, which this processor does not have. Give one of ${instructionSets().join(', ')}.`,
    );
  // The engine's profile is of what it runs, and its threads work for its own operators.
  const mayRunDirectly = threads === 1 && !options.profilePrefix;
  const open = (model: Uint8Array) =>
    (mayRunDirectly ? createDirectSession(model, options) : undefined) ??
    createSession(model, threads, options);
  const runtime = onnxRuntime(
    'onnxruntime-fused',
    { Tensor, InferenceSession: { create: async (model) => open(model) } },
    {},
    {
      writesIntoOutputs: true,
      takesSharedMemory: true,
      compileStep: compileAdam(instructionSet ?? ''),
      ...loweringFor(threads),
    },
  );
  return instructionSet === undefined ? runtime : { ...runtime, instructionSet };
}
