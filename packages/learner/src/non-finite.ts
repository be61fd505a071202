import type { TransitionBatch } from '@meow-rl/replay';

import type { Algorithm } from './algorithm.ts';
import { firstNonFiniteEntry, largest } from './check-numbers.ts';
import { NonFiniteError } from './errors.ts';

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
export interface FailedUpdate {
  readonly algorithm: Algorithm;
  /** Counted from 1. */
  readonly update: number;
  readonly batch: TransitionBatch;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Finds what went wrong first: an input, then the terms in the order in which they are computed. */
export function firstNonFinite(failed: FailedUpdate): NonFiniteError {
  const { algorithm, update, batch, metrics } = failed;
  const { name, terms = {} } = algorithm.definition;
  for (const [field, remedy] of BATCH_FIELDS) {
    const values = batch[field] ?? new Float32Array(0);
    const entry = firstNonFiniteEntry(values);
    if (entry < 0) continue;
    const value = values[entry] ?? Number.NaN;
    return new NonFiniteError(name, update, `entry ${entry} of the batch's ${field}`, value, remedy);
  }
  const order = [...Object.keys(terms), ...Object.keys(metrics)];
  const metric = order.find((key) => key in metrics && !Number.isFinite(metrics[key])) ?? 'update';
  const remedy = update === 1 ? tooLarge(failed) : diverged(algorithm);
  return new NonFiniteError(name, update, inWords(metric, terms), metrics[metric] ?? Number.NaN, remedy);
}

/** A metric in words: as the definition has them, or a norm of a group by its name. */
function inWords(metric: string, terms: Readonly<Record<string, string>>): string {
  const [, group, what] = /^(\w+?)(Gradient|Parameter)Norm$/.exec(metric) ?? [];
  const norm = what === 'Gradient' ? 'gradient' : 'new parameters';
  if (terms[metric] !== undefined || group === undefined) return terms[metric] ?? metric;
  return `the norm of the ${group}${group.endsWith('s') ? "'" : "'s"} ${norm}`;
}

/** Names the settings that lower steps. */
function diverged({ definition: { settings } }: Algorithm): string {
  const lowered = Object.keys(settings).filter((key) => /learningRate$|^gradClip$/i.test(key));
  if (lowered.length === 0) return 'Training has diverged: scale the rewards down.';
  const [last, ...others] = lowered.toReversed();
  const listed = others.length > 0 ? `${others.toReversed().join(', ')} or ${last}` : last;
  return `Training has diverged: lower ${listed}, or scale the rewards down.`;
}

/** The first update can't have diverged: nothing was learned before it. */
function tooLarge({ batch, algorithm: { definition, config } }: FailedUpdate): string {
  const reach = `observations up to ${largest(batch.observations)}, rewards up to ${largest(batch.rewards)}`;
  const { scales = [] } = definition;
  const values: Readonly<Record<string, unknown>> = config;
  const settings = scales.map((key) => `, ${key} ${String(values[key])}`).join('');
  const [main] = scales;
  return (
    `It is the first one, so a scale is too large for 32-bit floats: ${reach}${settings}. ` +
    `Bring observations and rewards to the order of 1${main === undefined ? '' : `, and ${main} with them`}.`
  );
}
