import { formatDuration } from '../progress.ts';
import { formatTable } from '../table.ts';
import type { Comparison, EnvironmentResult, GroupResult, Spread } from './analyse.ts';

/** What a comparison's tables are to mention. */
export interface TableOptions {
  /** Share that the intervals cover. */
  readonly confidence: number;
  /** Evaluations that the last average is of. */
  readonly last: number;
}

/** The tables of a comparison, as plain text. */
export function formatComparison({ environments, overall }: Comparison, options: TableOptions): string {
  return [
    ...environments.map((environment) => formatEnvironment(environment, options)),
    ...(overall.length > 0
      ? [
          'Probability of improvement, averaged over environments\n' +
            formatTable(
              ['pair', 'P', interval(options), 'environments'],
              overall.map(({ x, y, probability: { estimate, low, high }, environments: where }) => [
                `${x} > ${y}`,
                estimate.toFixed(2),
                `${low.toFixed(2)} to ${high.toFixed(2)}`,
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
  if (improvements.length === 0) return `${environment}\n${table}`;
  const pairs = formatTable(
    ['probability of improvement', 'P', interval(options)],
    improvements.map(({ x, y, probability: { estimate, low, high } }) => [
      `${x} > ${y}`,
      estimate.toFixed(2),
      `${low.toFixed(2)} to ${high.toFixed(2)}`,
    ]),
  );
  return `${environment}\n${table}\n\n${pairs}`;
}

function rowOf({ label, seeds, steps: [from, to], final, iqm, lastAverage, seconds }: GroupResult) {
  return [
    label,
    seeds.length,
    from === to ? String(to) : `${from} to ${to}`,
    spread(final),
    iqm.estimate.toFixed(1),
    // One seed tells nothing of the others.
    seeds.length > 1 ? `${iqm.low.toFixed(1)} to ${iqm.high.toFixed(1)}` : '-',
    spread(lastAverage),
    formatDuration(seconds),
  ];
}

const interval = ({ confidence }: TableOptions): string =>
  `${Number((100 * confidence).toPrecision(6))}% interval`;

const spread = ({ mean, standardDeviation }: Spread): string =>
  standardDeviation === undefined ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${standardDeviation.toFixed(1)}`;
