import type { Box } from '@meow-rl/envs';
import type { Generator } from '@meow-rl/random';

/** How {@link Actor.act} chooses. */
export interface ActOptions {
  /** The most likely action instead of a sampled one. */
  readonly deterministic: boolean;
  /**
   * Draws the noise of sampled actions instead of the actor's own generator: an evaluation gives its own, so that it leaves no
   * trace in the training.
   */
  readonly generator?: Generator;
}

/**
 * What acts: all that evaluating and playing need.
 *
 * Actions are in [-1, 1] unless it says otherwise; environments with other bounds are wrapped with `rescaleAction`.
 */
export interface Actor {
  readonly observationSize: number;
  readonly actionSize: number;
  /** Bounds that its actions are chosen for, as those of an exported policy are. Default: [-1, 1] in every entry. */
  readonly actionSpace?: Box;
  /**
   * Chooses one action per observation.
   *
   * @param observations [n, obs], n = observations.length / observationSize
   * @returns [n, act] in those bounds; the caller uses it before the next call
   */
  act(observations: Float32Array, options: ActOptions): Promise<Float32Array>;
  /** Frees what the actor holds. */
  dispose(): Promise<void>;
}
