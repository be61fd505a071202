/**
 * T consecutive transitions of each of N sub-environments under one policy. The entry of step t and sub-environment n is at
 * `t * numEnvs + n`; steps that only reset are left out.
 */
export interface Rollout {
  /** T */
  readonly steps: number;
  /** N */
  readonly numEnvs: number;
  /** [T, N, obs], where the action was taken. */
  readonly observations: Float32Array;
  /** [T, N, act], as the policy sampled them, which need not be within the bounds that the environment takes. */
  readonly actions: Float32Array;
  /** [T, N], log π(a|s) when the action was sampled. */
  readonly logProbs: Float32Array;
  /** [T, N], V(s) when the action was sampled. */
  readonly values: Float32Array;
  /** [T, N] */
  readonly rewards: Float32Array;
  /** [T, N], V of where the action led: of the last observation of an episode where that ended, never of the next one's first. */
  readonly nextValues: Float32Array;
  /** [T, N], 1 where the task ended, so that nothing follows. */
  readonly terminated: Uint8Array;
  /** [T, N], 1 where the episode ended, by termination or truncation. */
  readonly done: Uint8Array;
}
