import { adam, adamState, clipByGlobalNorm, globalNorm, polyak } from '@meow-rl/graph';
import type { AdamState, StateSpec, Tensor } from '@meow-rl/graph';

import type { MeowModel } from './model.ts';

/** What an update carries from step to step: both sets of parameters and the optimizer's moments, flat vectors. */
export type LearnerState = 'parameters' | 'target' | keyof AdamState;

/** What is reported of a step, each a scalar. */
export type StepMetric = 'gradientNorm' | 'parameterNorm';

/** A learner's state before its first update; the parameters are written into it. */
export const learnerState = ({ layout: { size } }: MeowModel): Readonly<Record<LearnerState, StateSpec>> => {
  const flat = { shape: [size], initial: new Float32Array(size) };
  return { parameters: flat, target: flat, ...adamState(size) };
};

/**
 * What a learner makes of a gradient: clipping, Adam, target averaging.
 *
 * @param gradient of the whole batch, [parameters], or the entries of it that the state holds
 * @param norm of the whole gradient; give it where `gradient` is only part of it
 * @returns the next state, and norms of the gradient before clipping and of the new parameters
 */
export function applyGradient(
  { config: { gradClip, learningRate, tau } }: MeowModel,
  gradient: Tensor,
  { parameters, target, ...moments }: Readonly<Record<LearnerState, Tensor>>,
  norm?: Tensor,
): {
  readonly metrics: Readonly<Record<StepMetric, Tensor>>;
  readonly next: Readonly<Record<LearnerState, Tensor>>;
} {
  const clipped = clipByGlobalNorm(gradient, gradClip, norm);
  const { parameters: moved, state } = adam(parameters, clipped.gradient, moments, { learningRate });
  return {
    metrics: { gradientNorm: clipped.norm, parameterNorm: globalNorm(moved) },
    next: { parameters: moved, target: polyak(target, moved, tau), ...state },
  };
}
