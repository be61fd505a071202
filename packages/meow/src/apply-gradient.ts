import { adam, applyUpdates, chain, clipByGlobalNorm, globalNorm, polyak } from '@meow-rl/graph';
import type { StateSpec, Tensor } from '@meow-rl/graph';

import type { MeowModel } from './model.ts';

/** What an update carries from step to step: both sets of parameters and the optimizer's moments, flat vectors. */
export type LearnerState =
  | 'parameters'
  | 'target'
  | 'firstMoment'
  | 'secondMoment'
  | 'firstWeight'
  | 'secondWeight';

/** What is reported of a step, each a scalar. */
export type StepMetric = 'gradientNorm' | 'parameterNorm';

/** A learner's state before its first update; the parameters are written into it. */
export const learnerState = (model: MeowModel): Readonly<Record<LearnerState, StateSpec>> => {
  const { size } = model.layout;
  const flat = { shape: [size], initial: new Float32Array(size) };
  const state = optimizer(model).init(size);
  return {
    parameters: flat,
    target: flat,
    firstMoment: state['adam/m'],
    secondMoment: state['adam/v'],
    firstWeight: state['adam/biasCorrection1'],
    secondWeight: state['adam/biasCorrection2'],
  };
};

const optimizer = ({ config: { gradClip, learningRate } }: MeowModel) =>
  chain(clipByGlobalNorm(gradClip), adam({ learningRate }));

/**
 * What a learner makes of a gradient: clipping, Adam, target averaging.
 *
 * @param gradient of the whole batch, [parameters], or the entries of it that the state holds
 * @param norm of the whole gradient; give it where `gradient` is only part of it
 * @returns the next state, and norms of the gradient before clipping and of the new parameters
 */
export function applyGradient(
  model: MeowModel,
  gradient: Tensor,
  {
    parameters,
    target,
    firstMoment,
    secondMoment,
    firstWeight,
    secondWeight,
  }: Readonly<Record<LearnerState, Tensor>>,
  norm: Tensor = globalNorm(gradient),
): {
  readonly metrics: Readonly<Record<StepMetric, Tensor>>;
  readonly next: Readonly<Record<LearnerState, Tensor>>;
} {
  const { updates, state } = optimizer(model).update(
    gradient,
    {
      'adam/m': firstMoment,
      'adam/v': secondMoment,
      'adam/biasCorrection1': firstWeight,
      'adam/biasCorrection2': secondWeight,
    },
    { norm },
  );
  const moved = applyUpdates(parameters, updates);
  return {
    metrics: { gradientNorm: norm, parameterNorm: globalNorm(moved) },
    next: {
      parameters: moved,
      target: polyak(target, moved, model.config.tau),
      firstMoment: state['adam/m'],
      secondMoment: state['adam/v'],
      firstWeight: state['adam/biasCorrection1'],
      secondWeight: state['adam/biasCorrection2'],
    },
  };
}
