import type { StateSpec } from '../../program.ts';
import { floatsAt } from '../../shared-vector.ts';
import type { SharedVector } from '../../shared-vector.ts';
import type { TfjsTensor } from './module.ts';

/** One state on the device. In memory that threads share it lies there, and the tensor is what the last run had of it. */
export interface StateTensor {
  readonly shape: readonly number[];
  tensor: TfjsTensor;
  /** The numbers in memory that threads share, if it lies there. */
  readonly shared: Float32Array | undefined;
}

/** Makes float32 tensors of the device from numbers, which it copies. */
export type MakeFloats = (numbers: ArrayLike<number>, shape: readonly number[]) => TfjsTensor;

/** Numbers of a tensor, which may be the tensor's memory. */
export function floatsOf(tensor: TfjsTensor): Float32Array {
  const data = tensor.dataSync();
  return data instanceof Float32Array ? data : Float32Array.from(data, Number);
}

/** Makes a state's tensor. */
export function stateTensor(
  { shape, initial }: StateSpec,
  vector: SharedVector | undefined,
  makeFloats: MakeFloats,
): StateTensor {
  const shared = vector && floatsAt(vector);
  return { shape, shared, tensor: makeFloats(shared ?? initial, shape) };
}

/** Puts another tensor in a state's place. */
export function replaceTensor(state: StateTensor, tensor: TfjsTensor): void {
  state.tensor.dispose();
  state.tensor = tensor;
}
