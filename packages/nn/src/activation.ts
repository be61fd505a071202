import { add, erf, mul, scoped, sigmoid, swish as swishOperator } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import { ones } from './initializers.ts';
import { mapModule } from './module.ts';
import type { Module } from './module.ts';

export { relu, tanh } from '@meow-rl/graph';

/**
 * A bound activation: its result, times a mask if there is one (dropped units have 0).
 *
 * @param x [rows, units]
 */
export type Activate = (x: Tensor, mask?: Tensor) => Tensor;

/** An activation with parameters: its module for a layer of some units, whose name its parameters' names begin with. */
export interface TrainableActivation {
  readonly layer: (name: string, units: number) => Module<Activate>;
}

/** What stands between the layers of a network: a function, element by element, or one with parameters. */
export type Activation = ((x: Tensor) => Tensor) | TrainableActivation;

/**
 * Gaussian error linear unit: `y = x Φ(x) = ½ x (1 + erf(x / √2))`, the exact form and not the one with tanh.
 *
 * Reference: Hendrycks and Gimpel, Gaussian Error Linear Units (2016), section 2.
 */
export const gelu = (x: Tensor): Tensor => mul(mul(0.5, x), add(1, erf(mul(Math.SQRT1_2, x))));

/**
 * Sigmoid linear unit: `y = x σ(x)`, which is Swish of slope 1.
 *
 * Reference: Elfwing et al., Sigmoid-Weighted Linear Units (2018), section 2.
 */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));

/**
 * Swish with a trainable slope per unit, which starts at 1: `y = x σ(β x)`. Its parameter is `<layer>.beta`, [units].
 *
 * Reference: Ramachandran et al., Searching for Activation Functions (2017), section 4.
 */
export const swish: TrainableActivation = {
  layer: (name, units) => {
    const beta = `${name}.beta`;
    return {
      parameters: [{ name: beta, shape: [units], initial: ones([units], 1) }],
      bind: (params) => {
        const slope = params(beta);
        return (x, mask) => swishOperator(x, slope, mask);
      },
    };
  },
};

/** The module of an activation behind a layer. */
export const activationLayer = (activation: Activation, name: string, units: number): Module<Activate> =>
  mapModule(
    typeof activation === 'function'
      ? {
          parameters: [],
          bind: () => (x: Tensor, mask?: Tensor) => (mask ? mul(activation(x), mask) : activation(x)),
        }
      : activation.layer(name, units),
    (activate) => scoped(name, activate),
  );
