import { allocateVectors, staticSize } from '@meow-rl/graph';
import type { SharedVector } from '@meow-rl/graph';

import { algorithmStates } from '../algorithm.ts';
import type { Algorithm } from '../algorithm.ts';
import type { BatchInput } from '../definition.ts';
import type { NoiseArray } from '../noise.ts';
import { batchWidths, eachBatchInput } from '../stage-inputs.ts';
import { gradientState } from '../stage-programs.ts';
import type { NoiseRoom } from '../drawn-noise.ts';
import { noiseRooms } from '../drawn-noise.ts';
import { shards } from './shards.ts';

/** What the threads of an agent's updates share. */
export interface SharedMemory {
  /** The batch of the running update. */
  readonly batch: Readonly<Record<BatchInput, Float32Array>>;
  /** 1 for each stage that takes part in the running update. */
  readonly takesPart: Int32Array;
  readonly stages: readonly SharedStage[];
  /** Errors of the batch's transitions. */
  readonly tdErrors: Float32Array;
  /**
   * Several threads work on it. A single one has its own, and keeps the parameters here up to date; all else, and single
   * numbers of several threads too, on demand, and what is to be written.
   */
  readonly states: Readonly<Record<string, SharedVector>>;
  /** Each thread's gradient of each group; none where there is one thread. */
  readonly gradients: Readonly<Record<string, SharedVector>>;
}

/** What threads share of a stage. */
export interface SharedStage {
  /** What is drawn: one array, or one for each thread. */
  readonly noise: readonly (Pick<NoiseRoom, 'input' | 'sharing'> & {
    readonly arrays: readonly NoiseArray[];
  })[];
  /** Norm of each thread's part of each group's sum of gradients, [groups, threads]. */
  readonly norms: Float64Array;
  /** What each thread reports, in the order of the stage's metrics. */
  readonly metrics: readonly Float64Array[];
  /** 1 once a thread has errors of its transitions from this stage. */
  readonly hasErrors: Int32Array;
}

const shared = (length: number, bytes: number) => new SharedArrayBuffer(bytes * length);
const floats = (length: number) => new Float32Array(shared(length, 4));
const doubles = (length: number) => new Float64Array(shared(length, 8));
const integers = (length: number) => new Int32Array(shared(length, 4));

/**
 * Allocates what threads share.
 *
 * @param metricCounts numbers that each stage reports
 * @returns the memory, and the stages' noise in it
 */
export function allocateMemory(
  algorithm: Algorithm,
  threads: number,
  metricCounts: readonly number[],
): { readonly memory: SharedMemory; readonly rooms: readonly (readonly NoiseRoom[])[] } {
  const { config, groups, stages } = algorithm;
  const rows = config.batchSize;
  const widths = batchWidths(algorithm);
  const rowsOfThreads = shards(rows, threads).map(({ start, end }) => end - start);
  const rooms = stages.map((stage) =>
    noiseRooms(stage, rowsOfThreads, (dtype, length) =>
      dtype === 'float32' ? floats(length) : integers(length),
    ),
  );
  const stateSizes = Object.entries(algorithmStates(algorithm)).map(
    ([name, { shape }]) => [name, staticSize(shape)] as const,
  );
  const gradientSizes = groups.flatMap(({ name, layout }) =>
    Array.from(
      { length: threads > 1 ? threads : 0 },
      (_, i) => [gradientState(name, i), layout.size] as const,
    ),
  );
  // One memory for all that a step works on.
  const vectors = allocateVectors(Object.fromEntries([...stateSizes, ...gradientSizes]));
  const only = (sizes: typeof stateSizes) =>
    Object.fromEntries(
      sizes.flatMap(([name]) => {
        const vector = vectors[name];
        return vector ? [[name, vector] as const] : [];
      }),
    );
  const memory: SharedMemory = {
    batch: eachBatchInput((name) => floats(rows * widths[name])),
    takesPart: integers(stages.length),
    stages: rooms.map((noise, i) => ({
      noise: noise.map(({ input, sharing, draws }) => ({
        input,
        sharing,
        arrays: draws.map(({ array }) => array),
      })),
      norms: doubles(groups.length * threads),
      metrics: Array.from({ length: threads }, () => doubles(metricCounts[i] ?? 0)),
      hasErrors: integers(1),
    })),
    tdErrors: floats(rows),
    states: only(stateSizes),
    gradients: only(gradientSizes),
  };
  return { memory, rooms };
}
