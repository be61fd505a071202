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
 * Actions are in [-1, 1]; environments with other bounds are wrapped with `rescaleAction`.
 */
export interface Actor {
  readonly observationSize: number;
  readonly actionSize: number;
  /**
   * Chooses one action per observation.
   *
   * @param observations [n, obs], n = observations.length / observationSize
   * @returns [n, act] in [-1, 1]; the caller uses it before the next call
   */
  act(observations: Float32Array, options: ActOptions): Promise<Float32Array>;
  /** Frees what the actor holds. */
  dispose(): Promise<void>;
}
