import type { FloatArray, Runtime, StateStore } from '@meow-rl/graph';
import type { Generator } from '@meow-rl/random';

import type { Algorithm } from './algorithm.ts';
import type { BatchInput } from './definition.ts';

/** A batch as updates read it, see `Batch`. */
export type BatchData = Readonly<Record<BatchInput, Float32Array>>;

/** What an update gives. */
export interface UpdateResult {
  readonly metrics: Readonly<Record<string, number>>;
  /** Error of each transition, [batch]; the next update may overwrite it. Undefined if no stage that took part says it. */
  readonly tdErrors: FloatArray | undefined;
}

/** Makes an agent's updates, somewhere: holds parameters, targets and the optimizers' states. */
export interface Updates {
  /** Programs bound to it act with what the last update made; undefined where they have to be given a copy. */
  readonly state: StateStore | undefined;
  /** Whether the calling thread is free while an update runs. */
  readonly actsDuringUpdate: boolean;
  /**
   * One training step.
   *
   * @param update its number, counted from 1: stages take part in every so many
   * @throws DataError for a batch of another size, or while another update runs
   */
  run(batch: BatchData, update: number): Promise<UpdateResult>;
  /** A group's parameters after the last update; the next one may overwrite the array. */
  parameters(group: string): FloatArray;
  /** A copy of everything between two updates, by the names of states. */
  read(): Readonly<Record<string, FloatArray>>;
  /** Replaces what is given between two updates. */
  write(values: Readonly<Record<string, ArrayLike<number>>>): void;
  dispose(): Promise<void>;
}

/** What updates are made for. */
export interface UpdatesSetup {
  readonly algorithm: Algorithm;
  /** The agent's; decides the content of dropout's mask banks. */
  readonly seed: number;
  /** The agent's engine. */
  readonly runtime: Runtime;
  /** Draws the noise of updates. */
  readonly random: Generator;
}

/** Where an agent's updates happen. */
export type UpdatesFactory = (setup: UpdatesSetup) => Promise<Updates>;
