import { add, mul, sub } from '../ops/arithmetic.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Polyak averaging: `target ← (1 − τ) target + τ online`.
 *
 * Reference: Lillicrap et al., Continuous control with deep reinforcement learning (2016), algorithm 1.
 */
export const polyak = (target: Tensor, online: Tensor, tau: number): Tensor =>
  add(target, mul(tau, sub(online, target)));
