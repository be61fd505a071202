import type { LearningAgent, UpdateMetrics } from './learning-agent.ts';
import type { Rollout } from './rollout.ts';

/** Sampled actions and what a policy knows of them. */
export interface SampledActions {
  /** [n, act] in [-1, 1] */
  readonly actions: Float32Array;
  /** [n], log π(a|s) */
  readonly logProbs: Float32Array;
  /** [n], V(s) */
  readonly values: Float32Array;
}

/** What learns from what its own policy just did. */
export interface OnPolicyAgent extends LearningAgent {
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
  /** Learns from a rollout, whose arrays may change once the promise is fulfilled. */
  update(rollout: Rollout): Promise<UpdateMetrics>;
}
