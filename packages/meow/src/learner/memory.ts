import { allocatePlaces, partOfPlace, staticSize } from '@meow-rl/graph';
import type { Place } from '@meow-rl/graph';

import { learnerState } from '../apply-gradient.ts';
import type { LearnerState } from '../apply-gradient.ts';
import { gradientInputs } from '../gradient.ts';
import type { MeowModel } from '../model.ts';
import type { BatchInput } from './learner.ts';
import { UPDATE_METRICS } from './metrics.ts';
import { eachState } from './states.ts';

/** What the threads of a learner share. */
export interface LearnerMemory {
  /** The batch of the running update. */
  readonly batch: Readonly<Record<BatchInput, Float32Array>>;
  /** Offsets of dropout masks, [layers] for each thread. */
  readonly offsets: readonly Int32Array[];
  /** Each thread's gradient, [parameters]. */
  readonly gradients: readonly Place[];
  /** Norm of each thread's part of the gradients' sum. */
  readonly norms: Float64Array;
  /** What each thread reports, in the order of `UPDATE_METRICS`. */
  readonly metrics: readonly Float64Array[];
  /** Errors of the batch's transitions. */
  readonly tdErrors: Float32Array;
  /**
   * Several threads work on it. A single one has its own, and keeps the parameters here up to date; the rest on demand, and
   * what is to be written.
   */
  readonly state: Readonly<Record<LearnerState, Place>>;
}

const shared = (length: number, bytes: number) => new SharedArrayBuffer(bytes * length);
const floats = (length: number) => new Float32Array(shared(length, 4));
const integers = (length: number) => new Int32Array(shared(length, 4));

export function learnerMemory(model: MeowModel, threads: number): LearnerMemory {
  const { config, layout, dropoutLayers } = model;
  const inputs = gradientInputs(model, config.batchSize);
  const state = learnerState(model);
  // One memory for all that a step works on.
  const { gradients, ...places } = allocatePlaces({
    ...eachState((name) => staticSize(state[name].shape)),
    gradients: threads > 1 ? threads * layout.size : 0,
  });
  const each = <T>(make: (thread: number) => T): T[] => Array.from({ length: threads }, (_, i) => make(i));
  return {
    batch: eachBatchInput((name) => floats(staticSize(inputs[name].shape))),
    offsets: each(() => integers(dropoutLayers)),
    gradients: threads > 1 ? each((i) => partOfPlace(gradients, i * layout.size, (i + 1) * layout.size)) : [],
    norms: new Float64Array(shared(threads, 8)),
    metrics: each(() => new Float64Array(shared(UPDATE_METRICS.length, 8))),
    tdErrors: floats(config.batchSize),
    state: places,
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
