import { scoped } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/**
 * What a bijector makes of a point.
 *
 * `logDet` is the part of log|det| that depends on the point, [rows]; absent where it is 0. The part that depends on
 * the state alone is `Bijector.stateLogDet`.
 */
export interface Mapped {
  readonly out: Tensor;
  readonly logDet?: Tensor;
}

/**
 * An invertible map between latents and actions, for each state another one.
 *
 * Its log-determinant comes split in two, as energy-based flows need it: what depends on the action belongs to Q, what
 * depends on the state alone to V.
 *
 * Shapes: `z` and `a` are [k · states, size] with `state` [states, features]; k > 1 holds k blocks of rows, each with
 * one row per state, so that several actions per state cost the state's part once.
 *
 * Reference: Chao et al., MEow (2024), equations 8 and 9.
 */
export interface Bijector {
  /** Entries of a latent and of an action. */
  readonly size: number;
  /**
   * Whether, for a given state, the Jacobian's determinant is the same at every point: Proposition 2's condition. The
   * Jacobian itself may vary, as that of an additive coupling does.
   */
  readonly constantDeterminant: boolean;
  /** Whether it maps 0 to 0 for every state; the deterministic action then need not evaluate it. Default false. */
  readonly fixesOrigin?: boolean;
  /** From latent to action; `logDet` is the action-dependent part of log|det ∂a/∂z|. */
  readonly forward: (z: Tensor, state: Tensor) => Mapped;
  /** From action to latent; `logDet` is the action-dependent part of log|det ∂z/∂a|. */
  readonly inverse: (a: Tensor, state: Tensor) => Mapped;
  /**
   * The latent that `inverse` gives for `forward(z)`, without the digits that this way would lose. Needed of a squash that
   * clips actions; absent where it is z itself.
   */
  readonly nearest?: (z: Tensor, state: Tensor) => Tensor;
  /**
   * The part of the forward log|det ∂a/∂z| that depends on the state alone, [states], or k blocks of them where there are k dropout
   * masks for each; absent where it is 0.
   */
  readonly stateLogDet?: (state: Tensor) => Tensor;
}

/** A bijector whose nodes are called after it in files. */
export const namedBijector = (
  name: string,
  { forward, inverse, nearest, stateLogDet, ...facts }: Bijector,
): Bijector => ({
  ...facts,
  forward: scoped(name, forward),
  inverse: scoped(name, inverse),
  ...(nearest && { nearest: scoped(name, nearest) }),
  ...(stateLogDet && { stateLogDet: scoped(name, stateLogDet) }),
});
