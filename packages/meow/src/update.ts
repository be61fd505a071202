import { program } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';

import { applyGradient, learnerState } from './apply-gradient.ts';
import type { LearnerState, StepMetric } from './apply-gradient.ts';
import { dropoutBank } from '@meow-rl/nn';
import type { DropoutBank } from '@meow-rl/nn';
import { gradientInputs, meowGradient } from './gradient.ts';
import type { GradientInput, GradientMetric } from './gradient.ts';
import type { MeowModel } from './model.ts';
import { STREAM } from './streams.ts';

/** What an update reads. */
export type UpdateInput = GradientInput;

/** What an update reports, each a scalar. */
export type UpdateMetric = GradientMetric | StepMetric;

/** A program that computes gradients, and whose offsets to draw for each run. */
interface WithDropout<P> {
  readonly program: P;
  /** Undefined if nothing is dropped, the input `dropoutOffsets` is then empty. */
  readonly dropout: DropoutBank | undefined;
}

/** The update as a program. */
export type UpdateProgram = WithDropout<Program<UpdateInput, LearnerState, UpdateMetric | 'tdError'>>;

/** The gradient of some of a batch's rows as a program. */
export type GradientProgram = WithDropout<
  Program<GradientInput, 'parameters' | 'target', GradientMetric | 'gradient' | 'tdError'>
>;

/** The bank of dropout masks for two copies of each row. */
const maskBank = ({ config, dropoutLayers }: MeowModel, rows: number, seed: number) =>
  dropoutLayers > 0
    ? dropoutBank(config.dropout, 2 * rows * Math.max(...config.hidden), stream(seed, STREAM.dropoutMasks))
    : undefined;

/**
 * One training step as a program: target, loss, gradient, clipping, Adam, target averaging. Its inputs are
 * `gradientInputs`; besides the metrics it gives `tdError` [batch].
 *
 * @param seed decides the content of the bank of dropout masks
 *
 * Reference: Chao et al., MEow (2024), equation 3 and "Practical implementation".
 */
export function updateProgram(model: MeowModel, seed: number): UpdateProgram {
  const { batchSize } = model.config;
  const dropout = maskBank(model, batchSize, seed);
  const built = program(
    { inputs: gradientInputs(model, batchSize), state: learnerState(model) },
    (inputs, state) => {
      const { parameters, target } = state;
      const found = meowGradient(model, { inputs, parameters, target, dropout, batchSize });
      const { metrics, next } = applyGradient(model, found.gradient, state);
      return { outputs: { ...found.metrics, ...metrics, tdError: found.tdError }, next };
    },
  );
  return { program: built, dropout };
}

/**
 * The first half of a training step for some rows of each batch: workers that share a batch run it and add up their
 * gradients and metrics, which are divided by the whole batch's size already.
 *
 * @param rows of the batch that a run takes
 * @param seed decides the content of the bank of dropout masks
 */
export function gradientProgram(model: MeowModel, rows: number, seed: number): GradientProgram {
  const { batchSize } = model.config;
  const dropout = maskBank(model, rows, seed);
  const { parameters, target } = learnerState(model);
  const built = program(
    { inputs: gradientInputs(model, rows), state: { parameters, target } },
    (inputs, state) => {
      const { gradient, metrics, tdError } = meowGradient(model, { inputs, ...state, dropout, batchSize });
      return { outputs: { gradient, ...metrics, tdError } };
    },
  );
  return { program: built, dropout };
}

/** The second half of a training step: `gradient` [parameters] of the whole batch to the next state. */
export const applyProgram = (model: MeowModel): Program<'gradient', LearnerState, StepMetric> =>
  program(
    { inputs: { gradient: { shape: [model.layout.size] } }, state: learnerState(model) },
    ({ gradient }, state) => {
      const { metrics, next } = applyGradient(model, gradient, state);
      return { outputs: metrics, next };
    },
  );
