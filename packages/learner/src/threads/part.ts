import type { InputData, Runtime } from '@meow-rl/graph';

import type { Algorithm } from '../algorithm.ts';
import { eachBatchInput } from '../stage-inputs.ts';
import { shards } from './shards.ts';
import type { Shard } from './shards.ts';
import type { SharedMemory } from './shared-memory.ts';

/** One thread's part of an agent's updates, which works on the memory that it shares with the others. */
export interface Part {
  /** Its part of an update: from its rows of the batch to new parameters, its metrics and its rows' errors. */
  update(): Promise<void>;
  /** Writes into the shared states what it keeps for itself. */
  publish(): void;
  /** Takes that over from the shared states. */
  adopt(): void;
  dispose(): Promise<void>;
}

export interface PartOptions {
  readonly algorithm: Algorithm;
  /** Decides the content of dropout's mask banks. */
  readonly seed: number;
  readonly runtime: Runtime;
  readonly thread: number;
  readonly threads: number;
  readonly memory: SharedMemory;
  /** Returns once all threads have called it as often as this one. */
  readonly meet: () => void;
}

const NONE: Shard = { start: 0, end: 0 };

/** The rows of each batch, or the entries of a vector, that a thread has. */
export const shardOf = (
  length: number,
  { thread, threads }: Pick<PartOptions, 'thread' | 'threads'>,
): Shard => shards(length, threads)[thread] ?? NONE;

/** How many rows of each batch a thread has. */
export function rowCount(options: Pick<PartOptions, 'algorithm' | 'thread' | 'threads'>): number {
  const { start, end } = shardOf(options.algorithm.config.batchSize, options);
  return end - start;
}

/** A thread's rows of what has some entries for each row of the batch. */
export function rowsOf<A extends Float32Array | Int32Array>(values: A, options: PartOptions): A {
  const { batchSize } = options.algorithm.config;
  const width = values.length / batchSize;
  const { start, end } = shardOf(batchSize, options);
  return values.subarray(start * width, end * width) as A;
}

/** What the programs of a stage read in a thread, in the shared memory. */
export function stageData(options: PartOptions, stageIndex: number): Readonly<Record<string, InputData>> {
  const { memory, thread } = options;
  const noise = memory.stages[stageIndex]?.noise ?? [];
  return {
    ...eachBatchInput((name) => rowsOf(memory.batch[name], options)),
    ...Object.fromEntries(
      noise.flatMap(({ input, sharing, arrays }) => {
        const array = sharing === 'each' ? arrays[thread] : arrays[0];
        return array ? [[input, sharing === 'rows' ? rowsOf(array, options) : array]] : [];
      }),
    ),
  };
}
