import {
  adam,
  adamState,
  add,
  clipByGlobalNorm,
  concat,
  globalNorm,
  grad,
  mean,
  mul,
  polyak,
  program,
  square,
  stopGradient,
  sub,
} from '@meow-rl/graph';
import type { AdamState, Program, Tensor } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';

import { dropoutBank } from './dropout.ts';
import type { DropoutBank } from './dropout.ts';
import { pessimistic } from './model.ts';
import type { BoundModel, MeowModel } from './model.ts';
import { STREAM } from './streams.ts';

/** What an update reports, each a scalar. */
export type UpdateMetric =
  | 'loss'
  | 'gradientNorm'
  | 'parameterNorm'
  | 'meanQ'
  | 'meanTarget'
  | 'meanNextValue'
  | 'meanLogSigma';

/** What an update reads. */
export type UpdateInput =
  | 'observation'
  | 'action'
  | 'reward'
  | 'nextObservation'
  | 'terminated'
  | 'dropoutOffsets';

/** The update as a program. */
export interface UpdateProgram {
  readonly program: Program<UpdateInput, 'parameters' | 'target' | keyof AdamState, UpdateMetric>;
  /** Whose offsets to draw for each update; undefined if nothing is dropped, `dropoutOffsets` is then empty. */
  readonly dropout: DropoutBank | undefined;
}

/**
 * The soft target: `y = r + γ (1 − terminated) min(V₁, V₂)(s′)`, with the target's parameters and without gradient.
 *
 * Reference: Chao et al., MEow (2024), equation 3.
 */
export const softTarget = (reward: Tensor, terminated: Tensor, nextValue: Tensor, gamma: number): Tensor =>
  stopGradient(add(reward, mul(mul(gamma, sub(1, terminated)), nextValue)));

/** Both soft Q of the batch in one vector, [2 · batch]. Where units are dropped each has its own masks. */
function twinQ(
  bound: BoundModel,
  observation: Tensor,
  action: Tensor,
  alpha: number,
  dropped: boolean,
): Tensor {
  if (!dropped) return concat(bound.softQ(observation, action));
  // The masks make two rows of each, see below.
  const energy = bound.flow.energy(action, observation);
  return mul(alpha, add(energy, concat(bound.shifts(observation))));
}

/** The gradient with respect to one tensor. */
const gradientOf = (loss: Tensor, parameters: Tensor): Tensor => concat(grad(loss, [parameters]));

/**
 * One training step: target, loss, gradient, clipping, Adam, target averaging.
 *
 *     L(θ) = mean over i = 1, 2 and the batch of (Qᵢ(s, a) − y)²
 *
 * Inputs: `observation` and `nextObservation` [batch, O], `action` [batch, A] in [−1, 1], `reward` and `terminated` (0 or
 * 1) [batch], `dropoutOffsets` int64 [couplings · hidden layers]. The batch size is fixed, so that sums over it are
 * products with ones.
 *
 * @param seed decides the content of the bank of dropout masks
 *
 * Reference: Chao et al., MEow (2024), equation 3 and "Practical implementation".
 */
export function updateProgram(model: MeowModel, seed: number): UpdateProgram {
  const { config, layout, observationSize, actionSize, dropoutLayers } = model;
  const { alpha, gamma, tau, learningRate, gradClip, batchSize } = config;
  const dropout =
    dropoutLayers > 0
      ? dropoutBank(
          config.dropout,
          2 * batchSize * Math.max(...config.hidden),
          stream(seed, STREAM.dropoutMasks),
        )
      : undefined;
  const flat = { shape: [layout.size], initial: new Float32Array(layout.size) };

  const built = program(
    {
      inputs: {
        observation: { shape: [batchSize, observationSize] },
        action: { shape: [batchSize, actionSize] },
        reward: { shape: [batchSize] },
        nextObservation: { shape: [batchSize, observationSize] },
        terminated: { shape: [batchSize] },
        dropoutOffsets: { dtype: 'int64', shape: [dropoutLayers] },
      },
      state: { parameters: flat, target: flat, ...adamState(layout.size) },
    },
    (
      { observation, action, reward, nextObservation, terminated, dropoutOffsets },
      { parameters, target, ...moments },
    ) => {
      const nextValue = pessimistic(model.bind(layout.unpack(target)).softV(nextObservation));
      const y = softTarget(reward, terminated, nextValue, gamma);

      const online = model.bind(layout.unpack(parameters), dropout?.masks(dropoutOffsets, 2 * batchSize));
      const q = twinQ(online, observation, action, alpha, dropout !== undefined);
      const loss = mean(square(sub(q, concat([y, y]))));

      const { gradient, norm } = clipByGlobalNorm(gradientOf(loss, parameters), gradClip);
      const { parameters: nextParameters, state } = adam(parameters, gradient, moments, { learningRate });
      return {
        outputs: {
          loss,
          gradientNorm: norm,
          parameterNorm: globalNorm(nextParameters),
          meanQ: mean(q),
          meanTarget: mean(y),
          meanNextValue: mean(nextValue),
          meanLogSigma: mean(online.logSigma(observation)),
        },
        next: { parameters: nextParameters, target: polyak(target, nextParameters, tau), ...state },
      };
    },
  );
  return { program: built, dropout };
}
