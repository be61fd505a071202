import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import type { StateSpec } from '../program.ts';
import { floatsAt } from '../shared-vector.ts';
import type { SharedVector } from '../shared-vector.ts';

/** One state. A run replaces its tensor, or a step changes what is in it; in memory that threads share it stays the same. */
export interface StateBuffer {
  current: OrtTensor;
  /** Where it lies in memory that threads share. */
  readonly shared: SharedVector | undefined;
  /** The numbers there. */
  readonly sharedValues: Float32Array | undefined;
}

/** A float32 tensor's data. */
export function float32(tensor: OrtTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new DataError(`expected float32 data, got ${tensor?.type ?? 'nothing'}.`);
}

interface StateBufferOptions {
  readonly Tensor: TensorConstructor;
  /** Whether the engine works in memory that threads share, or on a copy. */
  readonly takesSharedMemory: boolean;
}

/** Makes a state's buffer: in memory that threads share, or of its own. */
export function stateBuffer(
  { shape, initial }: StateSpec,
  shared: SharedVector | undefined,
  { Tensor, takesSharedMemory }: StateBufferOptions,
): StateBuffer {
  const sharedValues = shared && floatsAt(shared);
  const data = sharedValues
    ? takesSharedMemory
      ? sharedValues
      : sharedValues.slice()
    : Float32Array.from(initial);
  return { current: new Tensor('float32', data, shape), shared, sharedValues };
}

/** The state's numbers. */
export const numbersOf = ({ current, sharedValues }: StateBuffer): Float32Array =>
  sharedValues ?? float32(current);

/** Makes the tensor that a run reads the state itself, where it is a copy. */
export function refresh({ current, sharedValues }: StateBuffer): void {
  const data = float32(current);
  if (sharedValues && data.buffer !== sharedValues.buffer) data.set(sharedValues);
}

/** What a run made becomes the state, unless it was written there. */
export function replace(buffer: StateBuffer, tensor: OrtTensor | undefined): void {
  const { sharedValues } = buffer;
  if (!sharedValues) {
    if (tensor) buffer.current = tensor;
    return;
  }
  const made = float32(tensor);
  if (made.buffer !== sharedValues.buffer || made.byteOffset !== sharedValues.byteOffset)
    sharedValues.set(made);
}
