import { staticSize } from '@meow-rl/graph';

import { learnerState } from '../apply-gradient.ts';
import type { LearnerState } from '../apply-gradient.ts';
import { gradientInputs } from '../gradient.ts';
import type { MeowModel } from '../model.ts';
import type { BatchInput } from './learner.ts';
import { eachState } from './states.ts';

/** The rows of a batch that one thread takes. */
export interface Shard {
  readonly start: number;
  readonly rows: number;
}

/** Cuts a batch into parts whose sizes differ by one at most, the larger ones first. */
export function shardsOf(batchSize: number, count: number): readonly Shard[] {
  const startOf = (i: number) => i * Math.floor(batchSize / count) + Math.min(i, batchSize % count);
  return Array.from({ length: count }, (_, i) => ({ start: startOf(i), rows: startOf(i + 1) - startOf(i) }));
}

/**
 * What the threads of a learner share. The engine refuses such memory, so everything is copied in and out: 400 kB take some
 * 30 µs.
 */
export interface LearnerMemory {
  /** The batch of the running update. */
  readonly batch: Readonly<Record<BatchInput, Float32Array>>;
  /** Offsets of dropout masks, [layers] for each thread. */
  readonly offsets: readonly Int32Array[];
  /** Each thread's gradient, [parameters]. */
  readonly gradients: readonly Float32Array[];
  /** How many gradients have been handed in, in all updates; it may overflow. */
  readonly arrivals: Int32Array;
  /** Errors of the batch's transitions. */
  readonly tdErrors: Float32Array;
  /** The parameters after each update; the rest on demand, and what is to be written. */
  readonly state: Readonly<Record<LearnerState, Float32Array>>;
  /** Whether each thread has answered the question that the agent's thread blocks on. */
  readonly answered: Int32Array;
}

const floats = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));
const integers = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));

export function learnerMemory(model: MeowModel, threads: number): LearnerMemory {
  const { config, layout, dropoutLayers } = model;
  const inputs = gradientInputs(model, config.batchSize);
  const state = learnerState(model);
  return {
    batch: eachBatchInput((name) => floats(staticSize(inputs[name].shape))),
    offsets: Array.from({ length: threads }, () => integers(dropoutLayers)),
    gradients: Array.from({ length: threads > 1 ? threads : 0 }, () => floats(layout.size)),
    arrivals: integers(1),
    tdErrors: floats(config.batchSize),
    state: eachState((name) => floats(staticSize(state[name].shape))),
    answered: integers(threads),
  };
}

/** Something for each input of an update. */
export const eachBatchInput = <T>(make: (name: BatchInput) => T): Record<BatchInput, T> => ({
  observation: make('observation'),
  action: make('action'),
  reward: make('reward'),
  nextObservation: make('nextObservation'),
  discount: make('discount'),
  weight: make('weight'),
});
