import { Tensor } from 'onnxruntime-common';

import { addon } from './binary.ts';
import type { InstructionSet, TensorData } from './binary.ts';
import { boundTo, isGone, resultIsGone } from './bound-tensor.ts';
import type { BoundTensor } from './bound-tensor.ts';

type Tensors = Readonly<Record<string, Tensor>>;
type Fetches = Readonly<Record<string, Tensor | null>>;

/** What graph's runtime needs of a session. */
export interface FusedSession {
  run(feeds: Tensors, fetches: Fetches): Promise<Tensors>;
  release(): Promise<void>;
}

function tensorOf(data: TensorData, dims: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, dims);
  return data instanceof BigInt64Array ? new Tensor('int64', data, dims) : new Tensor('bool', data, dims);
}

/** What runs are asked for. */
interface Asked {
  readonly fetches: Fetches;
  /** Room that was offered. */
  readonly offered: readonly BoundTensor[];
  /** The results of every run: what is in that room, and what the last run made. */
  readonly results: Record<string, Tensor>;
  /** Names of the latter. */
  readonly made: readonly string[];
}

export interface SessionOptions {
  /** Write a profile of each operator to a JSON file with this prefix. */
  readonly profilePrefix?: string;
  /** Instructions that the fused operator uses; default: the fastest that the processor has. */
  readonly instructionSet?: InstructionSet;
}

/**
 * Loads a model. Results are written into the tensors that a run offers for them, without a copy.
 *
 * A tensor that was given to the run before costs nothing to give again, and neither does the same object of fetches. A run
 * overwrites the results of the one before.
 */
export function createSession(
  model: Uint8Array,
  threads: number,
  { profilePrefix = '', instructionSet }: SessionOptions = {},
): FusedSession {
  const native = addon();
  const { handle, inputNames, outputNames } = native.createSession(
    model,
    threads,
    profilePrefix,
    instructionSet ?? '',
  );
  const outputIndex = new Map(outputNames.map((name, i) => [name, i]));
  // The engine knows addresses only, so what it was given has to stay.
  const fed: (BoundTensor | undefined)[] = inputNames.map(() => undefined);
  let asked: Asked | undefined;

  const ask = (fetches: Fetches): Asked => {
    const names = Object.keys(fetches);
    const rooms = names.map((name) => {
      const tensor = fetches[name];
      return tensor ? boundTo(name, tensor) : undefined;
    });
    // Half of it may be done if this fails.
    asked = undefined;
    native.ask(
      handle,
      names.map((name) => outputIndex.get(name) ?? outputNames.length),
      rooms.flatMap((room) => [room?.data ?? null, room?.tensor.dims ?? null]),
    );
    const offered = rooms.filter((room) => room !== undefined);
    return {
      fetches,
      offered,
      results: Object.fromEntries(offered.map(({ name, tensor }) => [name, tensor])),
      made: names.filter((name) => !fetches[name]),
    };
  };

  const feed = (name: string, i: number, tensor: Tensor | undefined): void => {
    if (!tensor) throw new TypeError(`onnxruntime-fused: input ${name} is missing.`);
    const before = fed[i];
    if (before?.tensor === tensor && !isGone(before)) return;
    const bound = boundTo(name, tensor);
    native.feed(handle, i, bound.data, tensor.dims);
    fed[i] = bound;
  };

  return {
    run: async (feeds, fetches) => {
      if (asked?.fetches !== fetches) asked = ask(fetches);
      const { results, made, offered } = asked;
      const gone = offered.find(isGone);
      if (gone) throw resultIsGone(gone.name);
      inputNames.forEach((name, i) => feed(name, i, feeds[name]));
      native.run(handle).forEach((result, i) => {
        const name = made[i];
        if (name !== undefined) results[name] = tensorOf(...result);
      });
      return results;
    },
    release: async () => native.release(handle),
  };
}
