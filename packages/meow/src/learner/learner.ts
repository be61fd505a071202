import type { Executable, FloatArray, Runtime } from '@meow-rl/graph';
import type { Generator } from '@meow-rl/random';

import type { LearnerState } from '../apply-gradient.ts';
import type { GradientInput } from '../gradient.ts';
import type { MeowModel } from '../model.ts';
import type { UpdateMetric } from '../update.ts';

/** What an update reads of a batch. */
export type BatchInput = Exclude<GradientInput, 'dropoutOffsets'>;

/** A batch as an update reads it, see `gradientInputs`. */
export type LearnerBatch = Readonly<Record<BatchInput, Float32Array>>;

/** What an update gives. */
export interface LearnerResult {
  readonly metrics: Readonly<Record<UpdateMetric, number>>;
  /** Error of each transition, [batch]; the next update may overwrite it. */
  readonly tdErrors: FloatArray;
}

/** What makes an agent's updates, and where: it holds parameters, target and the optimizer's moments. */
export interface Learner {
  /** Programs that share its state act with what the last update made; undefined where they have to be given a copy. */
  readonly stateFrom: Executable | undefined;
  /** Whether the calling thread is free while an update runs. */
  readonly actsDuringUpdate: boolean;
  /**
   * One training step.
   *
   * @throws DataError for a batch of another size, or while another update runs
   */
  update(batch: LearnerBatch): Promise<LearnerResult>;
  /** The parameters after the last update; the next one may overwrite the array. */
  parameters(): FloatArray;
  /** A copy of everything between two updates. */
  readState(): Record<LearnerState, FloatArray>;
  /** Replaces what is given between two updates. */
  writeState(values: Readonly<Partial<Record<LearnerState, ArrayLike<number>>>>): void;
  dispose(): Promise<void>;
}

/** What a learner is made for. */
export interface LearnerSetup {
  readonly model: MeowModel;
  /** The agent's; decides the bank of dropout masks. */
  readonly seed: number;
  /** The agent's engine. */
  readonly runtime: Runtime;
  /** Draws each update's offsets into the bank of dropout masks. */
  readonly dropoutOffsets: Generator;
}

/** Makes a learner: how an agent is told where its updates happen. */
export type LearnerFactory = (setup: LearnerSetup) => Promise<Learner>;
