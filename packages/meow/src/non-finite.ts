import type { TransitionBatch } from '@meow-rl/replay';

import { firstNonFiniteEntry, largest } from './check-numbers.ts';
import { NonFiniteError } from './errors.ts';
import type { MeowConfig } from './settings.ts';
import type { UpdateMetric } from './update.ts';

const LOWER = 'Training has diverged: lower learningRate or gradClip, or scale the rewards down.';

const ENVIRONMENT = 'The environment gave it; look there.';
const REPLAY = 'The replay buffer gave it; look there.';

/** What a batch holds, and where to look if that isn't finite. */
const BATCH_FIELDS = [
  ['observations', ENVIRONMENT],
  ['actions', 'Whoever acted gave it; look there.'],
  ['rewards', ENVIRONMENT],
  ['nextObservations', ENVIRONMENT],
  ['terminated', ENVIRONMENT],
  ['discounts', REPLAY],
  ['weights', REPLAY],
] as const satisfies readonly (readonly [keyof TransitionBatch, string])[];

/** An update that went wrong. */
interface FailedUpdate {
  /** Counted from 1. */
  readonly update: number;
  readonly batch: TransitionBatch;
  readonly metrics: Readonly<Record<UpdateMetric, number>>;
  readonly config: MeowConfig;
}

/** Finds what went wrong first: an input, then the terms in the order in which they are computed. */
export function firstNonFinite(failed: FailedUpdate): NonFiniteError {
  const { update, batch, metrics } = failed;
  for (const [field, remedy] of BATCH_FIELDS) {
    const values = batch[field] ?? new Float32Array(0);
    const entry = firstNonFiniteEntry(values);
    if (entry >= 0)
      return new NonFiniteError(
        update,
        `entry ${entry} of the batch's ${field}`,
        values[entry] ?? Number.NaN,
        remedy,
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
  return new NonFiniteError(update, term, metrics[metric], update === 1 ? tooLarge(failed) : LOWER);
}

/** The first update can't have diverged: nothing was learned before it. */
function tooLarge({ batch, config: { alpha, logSigmaMin } }: FailedUpdate): string {
  const reach = `observations up to ${largest(batch.observations)}, rewards up to ${largest(batch.rewards)}`;
  return (
    `It is the first one, so a scale is too large for 32-bit floats: ${reach}, alpha ${alpha}, logSigmaMin ${logSigmaMin}. ` +
    'Bring observations and rewards to the order of 1, and alpha with them.'
  );
}
