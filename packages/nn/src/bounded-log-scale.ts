import { add, mul, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/**
 * `log σ = low + ½ (high − low)(tanh(x) + 1)`: an unbounded network output as a logarithm of a scale inside a range.
 */
export const boundedLogScale = (x: Tensor, low: number, high: number): Tensor =>
  add(low, mul(0.5 * (high - low), add(tanh(x), 1)));
