import { add, div, mul } from '../ops/arithmetic.ts';
import { sqrt } from '../ops/activation.ts';
import { constant } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import type { GradientTransformation } from './gradient-transformation.ts';

export interface AdamOptions {
  /** Step size η. */
  readonly learningRate: number;
  /** Decay of the mean of gradients; default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients; default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment; default 1e-8. */
  readonly epsilon?: number;
}

/** What Adam carries from step to step, for one flat vector of parameters: m and v [parameters], 1 − β₁ᵗ and 1 − β₂ᵗ. */
export type AdamState = 'adam/m' | 'adam/v' | 'adam/biasCorrection1' | 'adam/biasCorrection2';

/** Exponential moving average. */
const average = (before: Tensor, value: Tensor, decay: number): Tensor =>
  add(mul(decay, before), mul(1 - decay, value));

/**
 * One step of Adam:
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
 *     u = η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * The bias corrections 1 − βᵗ are kept as the same moving averages, of the constant 1: that is exact at small t, where
 * computing βᵗ in float32 and subtracting is not, and needs no step counter.
 *
 * Reference: Kingma and Ba, Adam (2015), algorithm 1.
 *
 * @throws RangeError for options that would give NaN, or steps without end
 */
export function adam({
  learningRate,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
}: AdamOptions): GradientTransformation<AdamState> {
  checkNumber('learningRate', learningRate);
  checkNumber('beta1', beta1, 1);
  checkNumber('beta2', beta2, 1);
  checkNumber('epsilon', epsilon);
  return {
    readsNorm: false,
    init: (size) => ({
      'adam/m': { shape: [size], initial: new Float32Array(size) },
      'adam/v': { shape: [size], initial: new Float32Array(size) },
      'adam/biasCorrection1': { shape: [], initial: [0] },
      'adam/biasCorrection2': { shape: [], initial: [0] },
    }),
    update: (gradient, state) => {
      const m = average(state['adam/m'], gradient, beta1);
      const v = average(state['adam/v'], mul(gradient, gradient), beta2);
      const biasCorrection1 = average(state['adam/biasCorrection1'], constant(1), beta1);
      const biasCorrection2 = average(state['adam/biasCorrection2'], constant(1), beta2);
      // The corrections are moved to the scalars, so that they cost no pass over the parameters:
      // m̂ / (√v̂ + ε) = m (√c₂ / c₁) / (√v + ε √c₂)
      const root = sqrt(biasCorrection2);
      const rate = mul(learningRate, div(root, biasCorrection1));
      return {
        updates: div(mul(rate, m), add(sqrt(v), mul(epsilon, root))),
        state: {
          'adam/m': m,
          'adam/v': v,
          'adam/biasCorrection1': biasCorrection1,
          'adam/biasCorrection2': biasCorrection2,
        },
      };
    },
  };
}

function checkNumber(name: string, value: number, end = Infinity): void {
  if (typeof value === 'number' && value >= 0 && value < end) return;
  const range = end === Infinity ? 'a finite number >= 0' : `a number from 0 to, not including, ${end}`;
  throw new RangeError(`adam: ${name} is ${String(value)}, expected ${range}.`);
}
