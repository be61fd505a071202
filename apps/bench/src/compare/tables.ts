import type { ConfidenceInterval, EvaluationResult } from '@meow-rl/train';

import { formatDuration } from '../cli/progress.ts';
import { formatTable } from '../cli/table.ts';
import type { Comparison, EnvironmentResult, GroupResult, Spread } from './analyse.ts';

/** What a comparison's tables are to mention. */
export interface TableOptions {
  /** Share that the intervals cover. */
  readonly confidence: number;
  /** Evaluations that the last average is of. */
  readonly last: number;
  /** Whether the returns are those of sampled actions instead of deterministic ones. */
  readonly stochastic: boolean;
}

/** Seeds from which on Student's interval is shown of curves and shares: that of two reaches 13 standard errors to either side, beyond all of them. */
export const LEAST_SEEDS_OF_T_INTERVAL = 3;

/** The tables of a comparison, as plain text. */
export function formatComparison({ environments, overall }: Comparison, options: TableOptions): string {
  return [
    ...environments.map((environment) => formatEnvironment(environment, options)),
    ...(overall.length > 0
      ? [
          'Probability of improvement, averaged over environments\n' +
            formatTable(
              ['pair', 'P', interval(options), 'environments'],
              overall.map(({ x, y, probability, environments: where }) => [
                `${x} > ${y}`,
                probability.estimate.toFixed(2),
                ends(probability, 2) ?? 'one seed somewhere: no interval',
                where.join(', '),
              ]),
            ),
        ]
      : []),
  ].join('\n\n');
}

function formatEnvironment(
  { environment, groups, improvements }: EnvironmentResult,
  options: TableOptions,
): string {
  const table = formatTable(
    [
      'algorithm',
      'seeds',
      'steps',
      'final return',
      'IQM',
      interval(options),
      `last ${options.last}`,
      'wall time',
    ],
    groups.map((group) => rowOf(group)),
  );
  const title = `${environment}, ${actionsOf(options)} returns`;
  if (improvements.length === 0) return `${title}\n${table}`;
  const single = new Set(groups.filter(({ seeds }) => seeds.length === 1).map(({ label }) => label));
  const sidesOf = (x: string, y: string): string =>
    single.has(x) && single.has(y) ? 'a side' : `of ${single.has(x) ? x : y}`;
  const pairs = formatTable(
    ['probability of improvement', 'P', interval(options)],
    improvements.map(({ x, y, probability }) => [
      `${x} > ${y}`,
      probability.estimate.toFixed(2),
      ends(probability, 2) ?? `one seed ${sidesOf(x, y)}: no interval`,
    ]),
  );
  return `${title}\n${table}\n\n${pairs}`;
}

/** How the actions behind the returns of a comparison were chosen. */
export const actionsOf = ({ stochastic }: Pick<TableOptions, 'stochastic'>): EvaluationResult['actions'] =>
  stochastic ? 'sampled' : 'deterministic';

function rowOf({ label, seeds, steps: [from, to], final, iqm, lastAverage, seconds }: GroupResult) {
  return [
    label,
    seeds.length,
    from === to ? String(to) : `${from} to ${to}`,
    spread(final),
    iqm.estimate.toFixed(1),
    ends(iqm, 1) ?? 'one seed: no interval',
    spread(lastAverage),
    formatDuration(seconds),
  ];
}

/** The ends of an interval, where there is one. */
const ends = ({ low, high }: ConfidenceInterval, digits: number): string | undefined =>
  low === null ? undefined : `${low.toFixed(digits)} to ${high.toFixed(digits)}`;

export const interval = ({ confidence }: Pick<TableOptions, 'confidence'>): string =>
  `${Number((100 * confidence).toPrecision(6))}% interval`;

const spread = ({ mean, standardDeviation }: Spread): string =>
  standardDeviation === undefined ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${standardDeviation.toFixed(1)}`;
