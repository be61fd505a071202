import type { TransitionBatch } from '@meow-rl/replay';

import type { Collected } from '../transition-collector.ts';
import type { LearningAgent, MetricWarning, UpdateMetrics } from './learning-agent.ts';

/** Actions together with what replay keeps of them. */
export interface ExploredActions {
  /** [n, act] in [-1, 1] */
  readonly actions: Float32Array;
  /** [n, size of what replay keeps] */
  readonly replayed: Float32Array;
}

/**
 * What replay keeps of an action where that isn't the action itself: a flow may keep the latent before the squash, which the
 * action no longer tells where it is rounded to 1. The loop then stores this in the place of actions, and the batches of
 * {@link OffPolicyAgent.update} hold it as `actions`.
 */
export interface ReplayedActions {
  /** Entries of what is kept: the `actionSize` of the replay buffer. */
  readonly size: number;
  /**
   * Samples actions to explore with, as `act` does, and what is kept of them.
   *
   * @param observations [n, obs]
   * @returns both used by the caller before the next call
   */
  explore(observations: Float32Array): Promise<ExploredActions>;
  /**
   * What is kept of given actions, as of the random ones of a warm-up.
   *
   * @param actions [n, act] in [-1, 1]
   * @returns [n, size]; the caller uses it before the next call
   */
  ofActions(actions: Float32Array): Promise<Float32Array>;
}

/** What learns from the batches of a replay buffer. The off-policy loop knows no more of an algorithm than this. */
export interface OffPolicyAgent extends LearningAgent {
  /**
   * Whether `act` may be called while an update runs; it then uses the parameters from before that update. Default: false.
   */
  readonly actsDuringUpdate?: boolean;
  /** Transitions of the batches that it updates on. Default: any number. */
  readonly batchSize?: number;
  /** γ that it learns with, which has to be the `discount` of the replay buffer. Default: any. */
  readonly gamma?: number;
  /** What replay keeps of an action. Default: the action. */
  readonly replayed?: ReplayedActions;
  /** Warnings by name, such as `entropyAboveBound`; a training loop gives each at most once in a run. Default: none. */
  readonly warnings?: Readonly<Record<string, MetricWarning>>;
  /** Takes one gradient step on a batch, whose arrays may change once the promise is fulfilled. */
  update(batch: TransitionBatch): Promise<UpdateMetrics>;
  /**
   * Sees each step of training as it was collected, before updates on it; for running statistics. The arrays are the
   * loop's and change with the next step.
   */
  observe?(collected: Collected): void;
  /** [n], |TD error| of each transition of the last update's batch, copied; what prioritized replay needs. */
  tdErrors?(): Float32Array;
}
