import { Tensor } from 'onnxruntime-common';

import { addon } from './binary.ts';
import type { TensorData } from './binary.ts';

type Tensors = Readonly<Record<string, Tensor>>;
type Fetches = Readonly<Record<string, Tensor | null>>;

/** What graph's runtime needs of a session. */
export interface FusedSession {
  run(feeds: Tensors, fetches: Fetches): Promise<Tensors>;
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

/** What runs are asked for. */
interface Asked {
  readonly fetches: Fetches;
  /** The results of every run: room that was offered, and what the last run made. */
  readonly results: Record<string, Tensor>;
  /** Names of the latter. */
  readonly made: readonly string[];
}

/**
 * Loads a model. Results are written into the tensors that a run offers for them, without a copy.
 *
 * A tensor that was given to the run before costs nothing to give again, and neither does the same object of fetches, so
 * their memory must stay. A run overwrites the results of the one before.
 */
export function createSession(model: Uint8Array, threads: number, profilePrefix = ''): FusedSession {
  const native = addon();
  const { handle, inputNames, outputNames } = native.createSession(model, threads, profilePrefix);
  const places = new Map(outputNames.map((name, i) => [name, i]));
  const fed: (Tensor | undefined)[] = inputNames.map(() => undefined);
  let asked: Asked | undefined;

  const ask = (fetches: Fetches): Asked => {
    const names = Object.keys(fetches);
    const offered = names.flatMap((name) => {
      const tensor = fetches[name];
      return tensor ? [dataOf(name, tensor), tensor.dims] : [null, null];
    });
    // Half of it may be done if this fails.
    asked = undefined;
    native.ask(
      handle,
      names.map((name) => places.get(name) ?? outputNames.length),
      offered,
    );
    const results: Record<string, Tensor> = {};
    for (const name of names) {
      const tensor = fetches[name];
      if (tensor) results[name] = tensor;
    }
    return { fetches, results, made: names.filter((name) => !fetches[name]) };
  };

  return {
    run: async (feeds, fetches) => {
      if (asked?.fetches !== fetches) asked = ask(fetches);
      inputNames.forEach((name, i) => {
        const tensor = feeds[name];
        if (!tensor) throw new TypeError(`onnxruntime-fused: input ${name} is missing.`);
        if (tensor === fed[i]) return;
        native.feed(handle, i, dataOf(name, tensor), tensor.dims);
        fed[i] = tensor;
      });
      const { results, made } = asked;
      native.run(handle).forEach((result, i) => {
        const name = made[i];
        if (name !== undefined) results[name] = tensorOf(...result);
      });
      return results;
    },
    release: async () => native.release(handle),
  };
}
