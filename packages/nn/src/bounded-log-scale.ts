import { add, mul, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/**
 * `log σ = low + ½ (high − low)(tanh(x) + 1)`: an unbounded network output as a logarithm of a scale inside a range.
 */
export const boundedLogScale = (x: Tensor, low: number, high: number): Tensor =>
  add(low, mul(0.5 * (high - low), add(tanh(x), 1)));

/**
 * The x at which {@link boundedLogScale} is `logScale`. Off the ends, where tanh has no slope: within 1/20 of the range from one, that of the point 1/20 from it.
 */
export function inverseBoundedLogScale(logScale: number, low: number, high: number): number {
  const share = (logScale - low) / (high - low);
  return Math.atanh(2 * Math.min(0.95, Math.max(0.05, share)) - 1);
}
