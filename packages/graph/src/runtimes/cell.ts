import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { floatsAt } from '../place.ts';
import type { Place } from '../place.ts';

/** One state. A run replaces its tensor, or a step changes what is in it; at a place of the caller's it stays the same. */
export interface Cell {
  current: OrtTensor;
  /** The numbers at a place of the caller's. */
  readonly placed: Float32Array | undefined;
}

/** A float32 tensor's data. */
export function float32(tensor: OrtTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new DataError(`expected float32 data, got ${tensor?.type ?? 'nothing'}.`);
}

/** A state at a place of the caller's: the engine works there too, or on a copy. */
export function placedCell(
  Tensor: TensorConstructor,
  place: Place,
  shape: readonly number[],
  takesSharedMemory: boolean,
): Cell {
  const placed = floatsAt(place);
  return { current: new Tensor('float32', takesSharedMemory ? placed : placed.slice(), shape), placed };
}

/** The state's numbers. */
export const numbersOf = ({ current, placed }: Cell): Float32Array => placed ?? float32(current);

/** Makes the tensor that a run reads the state itself, where it is a copy. */
export function refresh({ current, placed }: Cell): void {
  const data = float32(current);
  if (placed && data.buffer !== placed.buffer) data.set(placed);
}

/** What a run made becomes the state. */
export function replace(cell: Cell, tensor: OrtTensor | undefined): void {
  if (cell.placed) cell.placed.set(float32(tensor));
  else if (tensor) cell.current = tensor;
}
