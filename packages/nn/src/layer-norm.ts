import { layerNorm as normalize, scoped } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import { ones, zeros } from './initializers.ts';
import type { Module } from './module.ts';

/**
 * Layer normalization, which starts as the plain standardization of each row: `y = w ⊙ (x − mean) / √(variance + 1e-5) + b`.
 * Its parameters are `<name>.weight` and `<name>.bias`, [units].
 *
 * Reference: Ba et al., Layer Normalization (2016), section 3.
 */
export function layerNorm(name: string, units: number): Module<(x: Tensor) => Tensor> {
  const [weight, bias] = [`${name}.weight`, `${name}.bias`];
  return {
    parameters: [
      { name: weight, shape: [units], initial: ones([units], units) },
      { name: bias, shape: [units], initial: zeros([units], units) },
    ],
    bind: (params) => scoped(name, (x: Tensor) => normalize(x, params(weight), params(bias))),
  };
}
