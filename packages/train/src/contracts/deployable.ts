import type { Program } from '@meow-rl/graph';

import type { ObservationScaling } from '../normalizers/observation-normalizer.ts';

/**
 * What an agent offers for deployment: its programs on actions in [−1, 1], and what they were trained with.
 *
 * Shapes: `observation` [batch, O], `action` and `noise` [batch, A], everything else [batch] unless it is said.
 */
export interface Deployment {
  /** The deterministic action. */
  readonly policy: Program<'observation', string, 'action'>;
  /**
   * What the deterministic action is the best of by score, where it is chosen so: `action` [batch, k, A] and `score` [batch, k].
   * Files are verified by it.
   */
  readonly candidates?: Program<'observation', string, 'action' | 'score'>;
  /** Actions sampled from standard normal noise, with `logProb` too where the policy has a density. */
  readonly stochastic?: Program<'observation' | 'noise', string, 'action'>;
  /** Values of an action or of its state, by the names that its algorithm has for them, such as `q1`, `q2`, `value`. */
  readonly critic?: Program<'observation' | 'action'>;
  /**
   * Standardization of observations that the agent was trained with, `scaling()` of its normalizer: the files then take
   * raw observations. Default: none, the programs see observations as they are.
   */
  readonly normalizer?: ObservationScaling;
  /** Values of the states that the programs read, by name. */
  readonly state: Readonly<Record<string, ArrayLike<number>>>;
}

/** What can be deployed. */
export interface Deployable {
  /**
   * The programs to deploy, with the present parameters.
   *
   * @throws Error if there is no deterministic action
   */
  deployment(): Deployment;
}
