import { abs, add, mapValues, minimum, mul, reshape, square, stopGradient, sub } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import type { Batch, LossInputs, Sizes, StageLoss } from '@meow-rl/learner';
import { mlp, relu } from '@meow-rl/nn';
import type { Module, Network } from '@meow-rl/nn';

/** Q networks by name. */
export type Critics<Q extends string = string> = Readonly<Record<Q, Network>>;

/** Q(s, a) with ReLU after each hidden layer, whose parameters are `<name>.<k>.weight` and `<name>.<k>.bias`. */
export const qNetwork = (
  name: string,
  { observationSize, actionSize }: Sizes,
  hidden: readonly number[],
): Module<Network> =>
  mlp({ name, inputs: [observationSize, actionSize], hidden, output: 1, activation: relu });

/** `Qᵢ(s, a)`, [rows] each; states [rows, O], or fewer of them for k blocks of actions. */
export const qValues = <Q extends string>(
  critics: Critics<Q>,
  state: Tensor,
  action: Tensor,
): Record<Q, Tensor> =>
  mapValues(critics, (critic) => reshape(critic([state, action]), [action.shape[0] ?? 1]));

/** `min Qᵢ`, [rows]. */
export const smallest = (values: Readonly<Record<string, Tensor>>): Tensor =>
  Object.values(values).reduce((least, value) => minimum(least, value));

/** `y = r + d v`, [rows], without gradient; v is the value of the next state. */
export const bootstrapped = ({ reward, discount }: Batch, nextValue: Tensor): Tensor =>
  stopGradient(add(reward, mul(discount, nextValue)));

const sumOf = (terms: readonly Tensor[]): Tensor => terms.reduce((total, term) => add(total, term));

/**
 * The critics' loss, with weights w of the transitions: `J_Q = c Σ over i of mean w (Qᵢ(s, a) − y)²`. A transition's error is
 * the mean of |Qᵢ(s, a) − y|.
 *
 * @param y the target, [rows]
 * @param factor c
 */
export function qLoss(
  { batch, networks, mean }: LossInputs<{ readonly critics: Module<Critics> }>,
  y: Tensor,
  factor = 1,
): StageLoss<'critics'> {
  const q = Object.values(qValues(networks.critics, batch.observation, batch.action));
  const errors = q.map((value) => sub(value, y));
  const criticLoss = mul(factor, sumOf(errors.map((error) => mean(mul(batch.weight, square(error))))));
  return {
    losses: { critics: criticLoss },
    metrics: { criticLoss, meanQ: mul(1 / q.length, sumOf(q.map(mean))), meanTarget: mean(y) },
    tdErrors: mul(1 / q.length, sumOf(errors.map(abs))),
  };
}
