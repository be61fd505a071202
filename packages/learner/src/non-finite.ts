import type { Rollout, TransitionBatch } from '@meow-rl/replay';

import type { Algorithm } from './algorithm.ts';
import { FAR, firstNonFiniteEntry, largest } from './check-numbers.ts';
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
  readonly kind?: 'observations' | 'rewards' | 'nextObservations' | 'logProbs' | 'values';
  readonly values: ArrayLike<number>;
  readonly remedy: string;
}

/** What a batch holds. */
export const fieldsOfBatch = (batch: TransitionBatch): readonly UpdateField[] => [
  { name: "the batch's observations", kind: 'observations', values: batch.observations, remedy: ENVIRONMENT },
  { name: "the batch's actions", values: batch.actions, remedy: POLICY },
  { name: "the batch's rewards", kind: 'rewards', values: batch.rewards, remedy: ENVIRONMENT },
  {
    name: "the batch's nextObservations",
    kind: 'nextObservations',
    values: batch.nextObservations,
    remedy: ENVIRONMENT,
  },
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
  { name: "the rollout's logProbs", kind: 'logProbs', values: rollout.logProbs, remedy: POLICY },
  { name: "the rollout's values", kind: 'values', values: rollout.values, remedy: POLICY },
  { name: "the rollout's nextValues", values: rollout.nextValues, remedy: POLICY },
];

/** An update that went wrong. */
export interface FailedUpdate {
  readonly algorithm: Algorithm;
  /** Counted from 1. */
  readonly update: number;
  readonly fields: readonly UpdateField[];
  readonly metrics: Readonly<Record<string, number>>;
  /** Whether the networks are still those that acted: the first gradient step with a rollout. */
  readonly isFirstOfRollout?: boolean;
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
  const remedy =
    [foreignLogProbs, tooFar, tooLarge, diverged].map((blame) => blame(failed)).find(Boolean) ?? '';
  return new NonFiniteError(name, update, inWords(metric, terms), metrics[metric] ?? Number.NaN, remedy);
}

/** A metric in words: as the definition has them, or a norm of a group by its name. */
function inWords(metric: string, terms: Readonly<Record<string, string>>): string {
  const [, group, what] = /^(\w+?)(Gradient|Parameter)Norm$/.exec(metric) ?? [];
  const norm = what === 'Gradient' ? 'gradient' : 'new parameters';
  if (terms[metric] !== undefined || group === undefined) return terms[metric] ?? metric;
  return `the norm of the ${group}${group.endsWith('s') ? "'" : "'s"} ${norm}`;
}

/** What a failed update can be blamed on, or undefined. */
type Blame = (failed: FailedUpdate) => string | undefined;

/** exp of it, and of what it may differ by, is beyond 32-bit floats. */
const FARTHEST_EXPONENT = 80;

/** How far each kind of input reaches: `observations up to 2.1, rewards up to 1.0e+30`. */
const reachOf = (fields: readonly UpdateField[]): string =>
  fields
    .flatMap(({ kind, values }) =>
      kind === undefined ? [] : [`${kind} up to ${largest(values).toPrecision(2)}`],
    )
    .join(', ');

const isBeyond = ({ values }: UpdateField, bound: number): boolean => largest(values) > bound;

/** The kinds that environments give. */
const FROM_ENVIRONMENT: ReadonlySet<UpdateField['kind']> = new Set([
  'observations',
  'rewards',
  'nextObservations',
]);

/** Whether an environment gave numbers that are too large. */
const isFarInput = (field: UpdateField): boolean => FROM_ENVIRONMENT.has(field.kind) && isBeyond(field, FAR);

/** Before anything is learned from a rollout the ratios of probabilities are 1, if these are those of the policy. */
const foreignLogProbs: Blame = ({ fields, isFirstOfRollout }) => {
  const logProbs = fields.find(({ kind }) => kind === 'logProbs');
  if (!isFirstOfRollout || !logProbs || !isBeyond(logProbs, FARTHEST_EXPONENT)) return undefined;
  if (fields.some(isFarInput)) return undefined;
  return (
    `It is the first gradient step with its rollout, so nothing has moved since: ${reachOf(fields)}. ` +
    'Look at the logProbs first: give those that explore gave with the actions, log π(a|s) of this agent.'
  );
};

/** Later on, inputs are to blame only where they are far out. */
const tooFar: Blame = ({ fields, update, algorithm }) => {
  const far = fields.find(isFarInput);
  if (update === 1 || !far) return undefined;
  return (
    `Its inputs are too large for 32-bit floats: ${reachOf(fields)}${scalesOf(algorithm)}. ` +
    `Look at what gave the ${far.kind}, and bring them to the order of 1.`
  );
};

/** The first update can't have diverged: nothing was learned before it. */
const tooLarge: Blame = ({ fields, update, algorithm }) => {
  if (update !== 1) return undefined;
  const [main] = algorithm.definition.scales ?? [];
  return (
    `It is the first one, so a scale is too large for 32-bit floats: ${reachOf(fields)}${scalesOf(algorithm)}. ` +
    `Bring observations and rewards to the order of 1${main === undefined ? '' : `, and ${main} with them`}.`
  );
};

/** Names the settings that lower steps, and how far the inputs reach. */
const diverged: Blame = ({ fields, algorithm: { definition, config } }) => {
  const { settings } = definition;
  const lowered = Object.keys(settings).filter(
    (key) =>
      /learningRate$|^gradClip$/i.test(key) &&
      settings[key]?.kind === 'number' &&
      hasEffect(settings, key, config),
  );
  const [last, ...others] = lowered.toReversed();
  const listed = others.length > 0 ? `${others.toReversed().join(', ')} or ${last}` : last;
  const steps = listed === undefined ? '' : `lower ${listed}, or `;
  return `Training has diverged: ${steps}scale the rewards down. Its inputs are ordinary: ${reachOf(fields)}.`;
};

/** Values of the settings that set a scale. */
function scalesOf({ definition: { scales = [] }, config }: Algorithm): string {
  const values: Readonly<Record<string, unknown>> = config;
  return scales.map((key) => `, ${key} ${String(values[key])}`).join('');
}
