import { Tensor } from 'onnxruntime-common';

import { addon } from './binary.ts';
import type { TensorData } from './binary.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** What graph's runtime needs of a session. */
export interface FusedSession {
  run(feeds: Tensors, fetches: Readonly<Record<string, Tensor | null>>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

function dataOf(name: string, { data }: Tensor): TensorData {
  if (data instanceof Float32Array || data instanceof BigInt64Array || data instanceof Uint8Array)
    return data;
  throw new TypeError(`onnxruntime-fused: ${name} has a type that is neither float32, int64 nor bool.`);
}

function tensorOf(data: TensorData, dims: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, dims);
  return data instanceof BigInt64Array ? new Tensor('int64', data, dims) : new Tensor('bool', data, dims);
}

/** Loads a model. Results are written into the tensors that a run offers for them, without a copy. */
export function createSession(model: Uint8Array, threads: number, profilePrefix = ''): FusedSession {
  const native = addon();
  const { handle, inputNames, outputNames } = native.createSession(model, threads, profilePrefix);
  const places = new Map(outputNames.map((name, i) => [name, i]));
  return {
    run: async (feeds, fetches) => {
      const inputs = inputNames.flatMap((name) => {
        const tensor = feeds[name];
        if (!tensor) throw new TypeError(`onnxruntime-fused: input ${name} is missing.`);
        return [dataOf(name, tensor), tensor.dims];
      });
      const names = Object.keys(fetches);
      const wanted = names.map((name) => places.get(name) ?? outputNames.length);
      const offered = names.flatMap((name) => {
        const tensor = fetches[name];
        return tensor ? [dataOf(name, tensor), tensor.dims] : [null, null];
      });
      const results = native.run(handle, inputs, wanted, offered);
      return Object.fromEntries(
        names.map((name, i) => {
          const [own, result] = [fetches[name], results[i]];
          if (own) return [name, own];
          if (!result) throw new Error(`onnxruntime-fused: no result for ${name}.`);
          return [name, tensorOf(...result)];
        }),
      );
    },
    release: async () => native.release(handle),
  };
}
