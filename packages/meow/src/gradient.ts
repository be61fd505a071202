import { abs, add, concat, grad, mul, reshape, square, stopGradient, sub, sum } from '@meow-rl/graph';
import type { InputSpec, Tensor } from '@meow-rl/graph';

import type { DropoutBank } from '@meow-rl/nn';
import { pessimistic } from './model.ts';
import type { BoundModel, MeowModel } from './model.ts';

/** What a gradient is computed from. */
export type GradientInput =
  | 'observation'
  | 'action'
  | 'reward'
  | 'nextObservation'
  | 'discount'
  | 'weight'
  | 'dropoutOffsets';

/** What is reported with a gradient, each a scalar. Those of a batch's parts add up to those of the batch. */
export type GradientMetric =
  | 'loss'
  | 'meanQ'
  | 'meanValue'
  | 'meanTarget'
  | 'meanNextValue'
  | 'meanLogSigma'
  | 'meanShift';

/** One thing for each metric of a gradient. */
export const eachGradientMetric = <T>(make: (name: GradientMetric) => T): Record<GradientMetric, T> => ({
  loss: make('loss'),
  meanQ: make('meanQ'),
  meanValue: make('meanValue'),
  meanTarget: make('meanTarget'),
  meanNextValue: make('meanNextValue'),
  meanLogSigma: make('meanLogSigma'),
  meanShift: make('meanShift'),
});

/**
 * Inputs of a gradient over `rows` transitions. `observation` and `nextObservation` [rows, O], `action` [rows, A] in
 * [−1, 1], `reward` [rows] (with n steps their discounted sum), `discount` [rows] (γⁿ where `nextObservation` n steps
 * later counts, 0 where the task ended), `weight` [rows] of the squared errors (1 without importance weights),
 * `dropoutOffsets` int64 [couplings · hidden layers]. The number of rows is fixed, so that sums over it are products
 * with ones.
 */
export const gradientInputs = (
  { observationSize, actionSize, dropoutLayers }: MeowModel,
  rows: number,
): Readonly<Record<GradientInput, InputSpec>> => ({
  observation: { shape: [rows, observationSize] },
  action: { shape: [rows, actionSize] },
  reward: { shape: [rows] },
  nextObservation: { shape: [rows, observationSize] },
  discount: { shape: [rows] },
  weight: { shape: [rows] },
  dropoutOffsets: { dtype: 'int64', shape: [dropoutLayers] },
});

/**
 * The soft target: `y = R + d · min(V₁, V₂)(s′)`, with the target's parameters and without gradient.
 *
 * @param discount d, `γ (1 − terminated)` for one step
 *
 * Reference: Chao et al., MEow (2024), equation 3.
 */
export const softTarget = (reward: Tensor, discount: Tensor, nextValue: Tensor): Tensor =>
  stopGradient(add(reward, mul(discount, nextValue)));

/** Both soft Q of the batch in one vector, [2 · rows]. Where units are dropped each has its own masks. */
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

export interface GradientOptions {
  /** The batch, or some of its rows; see `gradientInputs`. */
  readonly inputs: Readonly<Record<GradientInput, Tensor>>;
  /** θ, [parameters] */
  readonly parameters: Tensor;
  /** The target's parameters, [parameters]. */
  readonly target: Tensor;
  /** Undefined if nothing is dropped. */
  readonly dropout: DropoutBank | undefined;
  /** Transitions of the whole batch, N: what sums over rows are divided by. */
  readonly batchSize: number;
}

/** A gradient inside a graph, with what is reported of it. */
export interface MeowGradient {
  /** ∂L/∂θ, [parameters]. Those of a batch's parts add up to that of the batch. */
  readonly gradient: Tensor;
  readonly metrics: Readonly<Record<GradientMetric, Tensor>>;
  /** ½ (|Q₁ − y| + |Q₂ − y|) of each transition, [rows]. */
  readonly tdError: Tensor;
}

/**
 * MEow's loss and its gradient:
 *
 *     L(θ) = 1/2N Σ over i = 1, 2 and the rows of w (Qᵢ(s, a) − y)²
 *
 * Reference: Chao et al., MEow (2024), equation 3 and "Practical implementation".
 */
export function meowGradient(model: MeowModel, options: GradientOptions): MeowGradient {
  const { inputs, parameters, target, dropout, batchSize } = options;
  const { observation, action, reward, nextObservation, discount, weight, dropoutOffsets } = inputs;
  const { layout, actionSize, config } = model;
  const [rows = batchSize] = reward.shape;

  const nextValue = pessimistic(model.bind(layout.unpack(target)).softV(nextObservation));
  const y = softTarget(reward, discount, nextValue);

  const masks = dropout?.masks(dropoutOffsets, 2 * Number(rows));
  const online = model.bind(layout.unpack(parameters), masks);
  const q = twinQ(online, observation, action, config.alpha, dropout !== undefined);
  const delta = sub(q, concat([y, y]));
  const share = (x: Tensor, terms: number): Tensor => mul(1 / (terms * batchSize), sum(x));
  const loss = share(mul(concat([weight, weight]), square(delta)), 2);
  return {
    gradient: concat(grad(loss, [parameters])),
    metrics: {
      loss,
      meanQ: share(q, 2),
      meanValue: share(pessimistic(online.softV(observation)), 1),
      meanTarget: share(y, 1),
      meanNextValue: share(nextValue, 1),
      meanLogSigma: share(online.logSigma(observation), actionSize),
      meanShift: mul(config.alpha, share(concat(online.shifts(observation)), 2)),
    },
    tdError: mul(0.5, sum(reshape(abs(delta), [2, rows]), { axes: [0] })),
  };
}
