import { add, div, mul, sub } from '../ops/arithmetic.ts';
import { sqrt } from '../ops/activation.ts';
import type { StateSpec } from '../program.ts';
import { constant } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';

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

/** What Adam carries from step to step, for one flat vector of parameters. */
export interface AdamState {
  /** m, [parameters] */
  readonly firstMoment: Tensor;
  /** v, [parameters] */
  readonly secondMoment: Tensor;
  /** 1 − β₁ᵗ, a scalar */
  readonly firstWeight: Tensor;
  /** 1 − β₂ᵗ, a scalar */
  readonly secondWeight: Tensor;
}

/** Adam's state before the first step, as state of a program. */
export const adamState = (parameters: number): Readonly<Record<keyof AdamState, StateSpec>> => ({
  firstMoment: { shape: [parameters], initial: new Float32Array(parameters) },
  secondMoment: { shape: [parameters], initial: new Float32Array(parameters) },
  firstWeight: { shape: [], initial: [0] },
  secondWeight: { shape: [], initial: [0] },
});

/** Exponential moving average. */
const average = (before: Tensor, value: Tensor, decay: number): Tensor =>
  add(mul(decay, before), mul(1 - decay, value));

/**
 * One step of Adam:
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * The bias corrections 1 − βᵗ are kept as the same moving averages, of the constant 1: that is exact at small t, where
 * computing βᵗ in float32 and subtracting is not, and needs no step counter.
 *
 * @param parameters θ, [parameters]
 * @param gradient g, [parameters]
 *
 * Reference: Kingma and Ba, Adam (2015), algorithm 1.
 */
export function adam(
  parameters: Tensor,
  gradient: Tensor,
  state: AdamState,
  { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
): { readonly parameters: Tensor; readonly state: AdamState } {
  const firstMoment = average(state.firstMoment, gradient, beta1);
  const secondMoment = average(state.secondMoment, mul(gradient, gradient), beta2);
  const firstWeight = average(state.firstWeight, constant(1), beta1);
  const secondWeight = average(state.secondWeight, constant(1), beta2);
  // The corrections are moved to the scalars, so that they cost no pass over the parameters:
  // m̂ / (√v̂ + ε) = m (√c₂ / c₁) / (√v + ε √c₂)
  const root = sqrt(secondWeight);
  const rate = mul(learningRate, div(root, firstWeight));
  const step = div(mul(rate, firstMoment), add(sqrt(secondMoment), mul(epsilon, root)));
  return {
    parameters: sub(parameters, step),
    state: { firstMoment, secondMoment, firstWeight, secondWeight },
  };
}
