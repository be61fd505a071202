import { add, mul, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/**
 * `log σ = low + ½ (high − low)(tanh(x) + 1)`: an unbounded network output as a logarithm of a scale inside a range.
 */
export const boundedLogScale = (x: Tensor, low: number, high: number): Tensor =>
  add(low, mul(0.5 * (high - low), add(tanh(x), 1)));

/** The x at which {@link boundedLogScale} is `logScale`, or lies as near to it as 1/20 of the range from each end. */
export function unboundedLogScale(logScale: number, low: number, high: number): number {
  const share = (logScale - low) / (high - low);
  return Math.atanh(2 * Math.min(0.95, Math.max(0.05, share)) - 1);
}
