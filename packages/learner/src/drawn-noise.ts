import { staticSize } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';

import type { Stage } from './definition.ts';
import type { Noise, NoiseArray } from './noise.ts';
import { noiseInput, stageNoise } from './stage-inputs.ts';

/** Makes room for numbers, for instance in memory that threads share. */
export type Allocate = (dtype: 'float32' | 'int32', length: number) => NoiseArray;

const allocateHere: Allocate = (dtype, length) =>
  dtype === 'float32' ? new Float32Array(length) : new Int32Array(length);

/** Room for one kind of noise. */
export interface NoiseRoom {
  readonly input: string;
  readonly sharing: Noise['sharing'];
  /** One, or one for each thread. */
  readonly draws: readonly { readonly noise: Noise; readonly array: NoiseArray }[];
}

/**
 * Room for all that a stage draws.
 *
 * @param shards rows of each thread
 */
export function noiseRooms(
  stage: Stage,
  shards: readonly number[],
  allocate: Allocate = allocateHere,
): readonly NoiseRoom[] {
  const rows = shards.reduce((total, shard) => total + shard, 0);
  return Object.entries(stageNoise(stage, rows)).map(([name, whole]) => {
    const perThread = () =>
      shards.map((shard) => ({ noise: stageNoise(stage, shard)[name] ?? whole, shard }));
    const parts = whole.sharing === 'each' ? perThread() : [{ noise: whole, shard: rows }];
    const draws = parts.map(({ noise, shard }) => {
      const dtype = noise.dtype === 'float32' ? 'float32' : 'int32';
      return { noise, array: allocate(dtype, staticSize(noise.shape(shard))) };
    });
    return { input: noiseInput(name), sharing: whole.sharing, draws };
  });
}

/** Whether a stage changes nothing, so that it has no part in what a run's generators draw. */
const onlyReports = ({ trains, targets = {} }: Stage): boolean =>
  Object.keys(trains).length === 0 && Object.keys(targets).length === 0;

/**
 * Draws what a stage needs for an update. A stage that only reports has noise by the number of the update, which leaves no
 * trace in the training.
 */
export function drawNoise(
  stage: Stage,
  rooms: readonly NoiseRoom[],
  random: Generator,
  update: number,
): void {
  const source = onlyReports(stage) ? createGenerator(update) : random;
  for (const { draws } of rooms) for (const { noise, array } of draws) noise.fill(array, source);
}

/** Whether a stage takes part in an update, counted from 1. */
export const takesPart = ({ every = 1 }: Stage, update: number): boolean => update % every === 0;
