import type { Rollout } from '@meow-rl/replay';

import type { LearningAgent, UpdateMetrics } from './learning-agent.ts';

/** Sampled actions and what a policy knows of them. */
export interface SampledActions {
  /** [n, act] in [-1, 1], for the environment. */
  readonly actions: Float32Array;
  /** [n, act], what was sampled, beyond those bounds too: what rollouts hold, and `logProbs` are of. */
  readonly sampled: Float32Array;
  /** [n], log π of what was sampled. */
  readonly logProbs: Float32Array;
  /** [n], V(s) */
  readonly values: Float32Array;
}

/** What learning from a rollout gave. */
export interface RolloutUpdate {
  /** Gradient steps made. */
  readonly updates: number;
  readonly metrics: UpdateMetrics;
}

/** What learns from what its own policy just did. */
export interface OnPolicyAgent extends LearningAgent {
  /** Transitions per gradient step: those of a rollout are a multiple of it. */
  readonly minibatchSize: number;
  /**
   * Samples actions to learn from.
   *
   * @param observations [n, obs]
   * @returns used by the caller before the next call
   */
  explore(observations: Float32Array): Promise<SampledActions>;
  /**
   * V(s), which a rollout is bootstrapped with where it stops.
   *
   * @param observations [n, obs]
   * @returns [n]; the caller uses it before the next call
   */
  value(observations: Float32Array): Promise<Float32Array>;
  /**
   * Learns from a rollout, whose arrays may change once the promise is fulfilled.
   *
   * @param progress share of the run's steps that were made before the rollout, in [0, 1): what schedules go by
   */
  update(rollout: Rollout, progress: number): Promise<RolloutUpdate>;
}
