import type { Rollout, TransitionBatch } from '@meow-rl/replay';

import type { Algorithm } from './algorithm.ts';
import { firstNonFiniteEntry, largest } from './check-numbers.ts';
import { NonFiniteError } from './errors.ts';
import { hasEffect } from './settings/index.ts';

const ENVIRONMENT = 'The environment gave it; look there.';
const POLICY = 'Whoever acted gave it; look there.';
const REPLAY = 'The replay buffer gave it; look there.';

/** Numbers that an update was given: what they are, and where to look if one isn't finite. */
export interface UpdateField {
  /** `the batch's rewards` */
  readonly name: string;
  /** The kind that a message about scales names. */
  readonly kind?: 'observations' | 'rewards';
  readonly values: ArrayLike<number>;
  readonly remedy: string;
}

/** What a batch holds. */
export const fieldsOfBatch = (batch: TransitionBatch): readonly UpdateField[] => [
  { name: "the batch's observations", kind: 'observations', values: batch.observations, remedy: ENVIRONMENT },
  { name: "the batch's actions", values: batch.actions, remedy: POLICY },
  { name: "the batch's rewards", kind: 'rewards', values: batch.rewards, remedy: ENVIRONMENT },
  { name: "the batch's nextObservations", values: batch.nextObservations, remedy: ENVIRONMENT },
  { name: "the batch's terminated", values: batch.terminated, remedy: ENVIRONMENT },
  { name: "the batch's discounts", values: batch.discounts, remedy: REPLAY },
  { name: "the batch's weights", values: batch.weights ?? [], remedy: REPLAY },
];

/** What a rollout holds. */
export const fieldsOfRollout = (rollout: Rollout): readonly UpdateField[] => [
  {
    name: "the rollout's observations",
    kind: 'observations',
    values: rollout.observations,
    remedy: ENVIRONMENT,
  },
  { name: "the rollout's actions", values: rollout.actions, remedy: POLICY },
  { name: "the rollout's rewards", kind: 'rewards', values: rollout.rewards, remedy: ENVIRONMENT },
  { name: "the rollout's logProbs", values: rollout.logProbs, remedy: POLICY },
  { name: "the rollout's values", values: rollout.values, remedy: POLICY },
  { name: "the rollout's nextValues", values: rollout.nextValues, remedy: POLICY },
];

/** An update that went wrong. */
export interface FailedUpdate {
  readonly algorithm: Algorithm;
  /** Counted from 1. */
  readonly update: number;
  readonly fields: readonly UpdateField[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** Finds what went wrong first: an input, then the terms in the order in which they are computed. */
export function firstNonFinite(failed: FailedUpdate): NonFiniteError {
  const { algorithm, update, fields, metrics } = failed;
  const { name, terms = {} } = algorithm.definition;
  for (const field of fields) {
    const entry = firstNonFiniteEntry(field.values);
    if (entry < 0) continue;
    const value = field.values[entry] ?? Number.NaN;
    return new NonFiniteError(name, update, `entry ${entry} of ${field.name}`, value, field.remedy);
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
function diverged({ definition: { settings }, config }: Algorithm): string {
  const lowered = Object.keys(settings).filter(
    (key) => /learningRate$|^gradClip$/i.test(key) && hasEffect(settings, key, config),
  );
  if (lowered.length === 0) return 'Training has diverged: scale the rewards down.';
  const [last, ...others] = lowered.toReversed();
  const listed = others.length > 0 ? `${others.toReversed().join(', ')} or ${last}` : last;
  return `Training has diverged: lower ${listed}, or scale the rewards down.`;
}

/** The first update can't have diverged: nothing was learned before it. */
function tooLarge({ fields, algorithm: { definition, config } }: FailedUpdate): string {
  const reach = fields
    .flatMap(({ kind, values }) => (kind === undefined ? [] : [`${kind} up to ${largest(values)}`]))
    .join(', ');
  const { scales = [] } = definition;
  const values: Readonly<Record<string, unknown>> = config;
  const settings = scales.map((key) => `, ${key} ${String(values[key])}`).join('');
  const [main] = scales;
  return (
    `It is the first one, so a scale is too large for 32-bit floats: ${reach}${settings}. ` +
    `Bring observations and rewards to the order of 1${main === undefined ? '' : `, and ${main} with them`}.`
  );
}
