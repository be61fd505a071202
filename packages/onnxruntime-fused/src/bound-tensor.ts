import type { Tensor } from 'onnxruntime-common';

import type { TensorData } from './binary.ts';

/** Memory that the addon was told the address of. */
export interface BoundTensor {
  readonly name: string;
  readonly tensor: Tensor;
  readonly data: TensorData;
  readonly length: number;
}

function dataOf(name: string, { data }: Tensor): TensorData {
  if (data instanceof Float32Array || data instanceof BigInt64Array || data instanceof Uint8Array)
    return data;
  throw new TypeError(`onnxruntime-fused: ${name} has a type that is neither float32, int64 nor bool.`);
}

export const boundTo = (name: string, tensor: Tensor): BoundTensor => {
  const data = dataOf(name, tensor);
  return { name, tensor, data, length: data.length };
};

/** Memory that was transferred to another thread is not this one's any more, and its arrays are empty. */
export const isGone = ({ data, length }: BoundTensor): boolean => data.length !== length;

/** Why a run can't write a result. */
export const resultIsGone = (name: string): TypeError =>
  new TypeError(
    `onnxruntime-fused: the memory for the result ${name} was transferred to another thread. Copy results before you transfer them, and load the program anew.`,
  );
