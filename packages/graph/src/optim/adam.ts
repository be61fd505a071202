import { add, div, mul } from '../ops/arithmetic.ts';
import { sqrt } from '../ops/activation.ts';
import { constant } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import { stateOf } from './gradient-transformation.ts';
import type { GradientTransformation } from './gradient-transformation.ts';

export interface AdamOptions {
  /** Step size; 1e-3 in the paper of MEow. */
  readonly learningRate: number;
  /** Decay of the mean of gradients; default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients; default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment; default 1e-8. */
  readonly epsilon?: number;
}

/** Exponential moving average. */
const average = (before: Tensor, value: Tensor, decay: number): Tensor =>
  add(mul(decay, before), mul(1 - decay, value));

const NAMES = {
  m: 'adam/m',
  v: 'adam/v',
  biasCorrection1: 'adam/biasCorrection1',
  biasCorrection2: 'adam/biasCorrection2',
} as const;

/**
 * Adam: from a gradient g to the step u that is subtracted from the parameters.
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
 *     u = η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * Its states are `adam/m` and `adam/v`, [parameters], and the numbers `adam/biasCorrection1`, 1 − β₁ᵗ, and
 * `adam/biasCorrection2`, 1 − β₂ᵗ. These are kept as the same moving averages, of the constant 1: that is exact at small t,
 * where computing βᵗ in float32 and subtracting is not, and needs no step counter.
 *
 * Reference: Kingma and Ba, Adam (2015), algorithm 1.
 */
export function adam({
  learningRate,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
}: AdamOptions): GradientTransformation {
  const before = (state: Readonly<Record<string, Tensor>>, name: keyof typeof NAMES): Tensor =>
    stateOf('adam', state, NAMES[name]);
  return {
    init: (size) => ({
      [NAMES.m]: { shape: [size], initial: new Float32Array(size) },
      [NAMES.v]: { shape: [size], initial: new Float32Array(size) },
      [NAMES.biasCorrection1]: { shape: [], initial: [0] },
      [NAMES.biasCorrection2]: { shape: [], initial: [0] },
    }),
    update: (gradient, state) => {
      const m = average(before(state, 'm'), gradient, beta1);
      const v = average(before(state, 'v'), mul(gradient, gradient), beta2);
      const biasCorrection1 = average(before(state, 'biasCorrection1'), constant(1), beta1);
      const biasCorrection2 = average(before(state, 'biasCorrection2'), constant(1), beta2);
      // The corrections are moved to the scalars, so that they cost no pass over the parameters:
      // m̂ / (√v̂ + ε) = m (√c₂ / c₁) / (√v + ε √c₂)
      const root = sqrt(biasCorrection2);
      const rate = mul(learningRate, div(root, biasCorrection1));
      return {
        updates: div(mul(rate, m), add(sqrt(v), mul(epsilon, root))),
        state: {
          [NAMES.m]: m,
          [NAMES.v]: v,
          [NAMES.biasCorrection1]: biasCorrection1,
          [NAMES.biasCorrection2]: biasCorrection2,
        },
      };
    },
  };
}
