import type { StateSpec } from '../../program.ts';
import { floatsAt } from '../../shared-vector.ts';
import type { SharedVector } from '../../shared-vector.ts';
import type { Device } from './device.ts';
import type { TfjsTensor } from './module.ts';

/** One state on the device. Of one in memory that threads share, the tensor is a copy from the last run. */
export interface StateTensor {
  readonly shape: readonly number[];
  tensor: TfjsTensor;
  /** The numbers in memory that threads share, if it lies there. */
  readonly shared: Float32Array | undefined;
}

/** A tensor's numbers, which may be its memory. */
export function floatsOf(tensor: TfjsTensor): Float32Array {
  const data = tensor.dataSync();
  return data instanceof Float32Array ? data : Float32Array.from(data, Number);
}

/** Makes a state's tensor. */
export function stateTensor(
  { shape, initial }: StateSpec,
  vector: SharedVector | undefined,
  device: Device,
): StateTensor {
  const shared = vector && floatsAt(vector);
  return {
    shape,
    shared,
    tensor: device.makeTensor(shared ?? initial, shape, 'float32', 'createState: a state'),
  };
}

/** Puts another tensor in a state's place. */
export function replaceTensor(state: StateTensor, tensor: TfjsTensor): void {
  state.tensor.dispose();
  state.tensor = tensor;
}
