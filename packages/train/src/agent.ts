import type { TransitionBatch } from '@meow-rl/replay';

import type { Collected } from './transition-collector.ts';

/** Numbers of one update by documented names, such as `criticLoss`. */
export type UpdateMetrics = Readonly<Record<string, number>>;

/**
 * What learns and acts. The loops know no more of an algorithm than this.
 *
 * Actions are in [-1, 1]; environments with other bounds are wrapped with `rescaleAction`.
 */
export interface Agent {
  /** Name of the algorithm, for logs. */
  readonly algorithm: string;
  readonly observationSize: number;
  readonly actionSize: number;
  /**
   * Chooses one action per observation.
   *
   * @param observations [n, obs], n = observations.length / observationSize
   * @returns [n, act] in [-1, 1]; the caller uses it before the next call
   */
  act(observations: Float32Array, options: { readonly deterministic: boolean }): Promise<Float32Array>;
  /** Takes one gradient step on a batch, whose arrays may change once the promise is fulfilled. */
  update(batch: TransitionBatch): Promise<UpdateMetrics>;
  /**
   * Sees each step of training as it was collected, before updates on it; for running statistics. The arrays are the
   * loop's and change with the next step.
   */
  observe?(collected: Collected): void;
  /** Frees what the agent holds. */
  dispose(): Promise<void>;
}
