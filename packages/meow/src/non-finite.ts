import { NonFiniteError } from './errors.ts';
import type { MeowBatch } from './agent.ts';
import type { UpdateMetric } from './update.ts';

const LOWER = 'Training has diverged: lower learningRate or gradClip, or scale the rewards down.';

/** What a batch holds, and whence. */
const BATCH_FIELDS = [
  ['observations', 'environment'],
  ['actions', 'environment'],
  ['rewards', 'environment'],
  ['nextObservations', 'environment'],
  ['terminated', 'environment'],
  ['discounts', 'replay buffer'],
  ['weights', 'replay buffer'],
] as const satisfies readonly (readonly [keyof MeowBatch, string])[];

/** Finds what went wrong first: an input, then the terms in the order in which they are computed. */
export function firstNonFinite(
  update: number,
  batch: MeowBatch,
  metrics: Readonly<Record<UpdateMetric, number>>,
): NonFiniteError {
  for (const [field, source] of BATCH_FIELDS) {
    const values = batch[field];
    const entry = values?.findIndex((value) => !Number.isFinite(value)) ?? -1;
    if (entry >= 0)
      return new NonFiniteError(
        update,
        `entry ${entry} of the batch's ${field}`,
        values?.[entry] ?? Number.NaN,
        `The ${source} gave it; look there.`,
      );
  }
  const order: readonly (readonly [UpdateMetric, string])[] = [
    ['meanNextValue', "the target's soft value V(s')"],
    ['meanTarget', 'the target y'],
    ['meanLogSigma', "the prior's log sigma"],
    ['meanShift', 'the reward shifts'],
    ['meanValue', 'the soft value V(s)'],
    ['meanQ', 'the soft Q'],
    ['loss', 'the loss'],
    ['gradientNorm', "the gradient's norm"],
    ['parameterNorm', 'the norm of the new parameters'],
  ];
  const [metric, term] = order.find(([key]) => !Number.isFinite(metrics[key])) ?? ['loss', 'the loss'];
  return new NonFiniteError(update, term, metrics[metric], LOWER);
}
