import type { Program } from '@meow-rl/graph';

// As @meow-rl/train declares them, by structure: whoever plays a policy installs nothing of training.

/** What is needed of an agent to compare its files with it. */
export interface ComparedAgent {
  /**
   * Actions in [−1, 1].
   *
   * @param observations [rows, O]
   * @returns [rows, A]
   */
  act(observations: Float32Array, options: { readonly deterministic: boolean }): Promise<Float32Array>;
}

/** Standardization of observations: `clip((x − mean) · scale, ±clip)`, [O] each. */
export interface ObservationScaling {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  readonly clip: number;
}

/**
 * What is needed of an agent to deploy it, as agents' `deployment()` gives it: programs on actions in [−1, 1]. `observation` is [batch, O],
 * `action` and `noise` [batch, A], everything else [batch] unless it is said.
 */
export interface Deployment {
  readonly policy: Program<'observation', string, 'action'>;
  /** Where `policy` takes the best of k actions by score: these, `action` [batch, k, A], and their `score` [batch, k]. */
  readonly candidates?: Program<'observation', string, 'action' | 'score'>;
  /** With the output `logProb` where the policy has a density. */
  readonly stochastic?: Program<'observation' | 'noise', string, 'action'>;
  readonly critic?: Program<'observation' | 'action'>;
  /** Default: none, the programs see observations as they are. */
  readonly normalizer?: ObservationScaling;
  /** Values of the states that the programs read, by name. */
  readonly state: Readonly<Record<string, ArrayLike<number>>>;
}
