import type { ConfidenceInterval, EvaluationResult } from '@meow-rl/train';

import { counted } from '../cli/counted.ts';
import { formatDuration } from '../cli/progress.ts';
import { formatTable } from '../cli/table.ts';
import type { Comparison, EnvironmentResult, GroupResult, Spread } from './analyse.ts';
import { fewSeeds, fewSeedsCaveat, fewSeedsOfPair } from './describe-few-seeds.ts';

/** What a comparison's tables are to mention. */
export interface TableOptions {
  /** Share that the intervals cover. */
  readonly confidence: number;
  /** Evaluations that the last average is of. */
  readonly last: number;
  /** Whether the returns are those of sampled actions instead of deterministic ones. */
  readonly stochastic: boolean;
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
              overall.map(({ x, y, probability, environments: where }) => [
                `${x} > ${y}`,
                probability.estimate.toFixed(2),
                ends(probability, 2) ?? 'one seed somewhere: no interval',
                where.join(', '),
              ]),
            ),
        ]
      : []),
    ...(environments.some(({ groups }) => groups.some(hasStandardDeviation)) ? [SAMPLE_DEVIATION] : []),
    fewSeedsCaveat({ environments }),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
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
      `${interval(options)}, t`,
      'IQM',
      `${interval(options)}, bootstrap`,
      `last ${options.last}`,
      'wall time',
    ],
    groups.map((group) => rowOf(group)),
  );
  const title = `${environment}, ${actionsOf(options)} returns`;
  if (improvements.length === 0) return `${title}\n${table}`;
  const pairs = formatTable(
    ['probability of improvement', 'P', interval(options)],
    improvements.map(({ x, y, probability }) => [
      `${x} > ${y}`,
      probability.estimate.toFixed(2),
      ends(probability, 2) ?? `${fewSeedsOfPair(x, y, groups)}: no interval`,
    ]),
  );
  return `${title}\n${table}\n\n${pairs}`;
}

/** How the actions behind the returns of a comparison were chosen. */
export const actionsOf = ({ stochastic }: Pick<TableOptions, 'stochastic'>): EvaluationResult['actions'] =>
  stochastic ? 'sampled' : 'deterministic';

function rowOf(group: GroupResult) {
  const { label, seeds, steps, final, meanFinal, iqm, lastAverage } = group;
  const [from, to] = steps;
  return [
    label,
    seeds.length,
    from === to ? String(to) : `${from} to ${to}`,
    spread(final),
    ends(meanFinal, 1) ?? '–',
    iqm.estimate.toFixed(1),
    ends(iqm, 1) ?? `${fewSeeds(seeds.length)}: no interval`,
    spread(lastAverage),
    wallTime(group),
  ];
}

/** `1h05m`, `1h05m of 2 seeds` where others have recorded none, `–` where none has. */
function wallTime({ seconds, timedSeeds, seeds }: GroupResult): string {
  if (seconds === null) return '–';
  const time = formatDuration(seconds);
  return timedSeeds === seeds.length ? time : `${time} of ${counted(timedSeeds, 'seed')}`;
}

/** Which deviation stands behind ±: `eval` has that of the episodes themselves. */
const SAMPLE_DEVIATION = '± is the sample standard deviation over seeds, divided by n − 1.';

const hasStandardDeviation = ({ final }: GroupResult): boolean => final.standardDeviation !== undefined;

/** The ends of an interval, where there is one. */
const ends = ({ low, high }: ConfidenceInterval, digits: number): string | undefined =>
  low === null ? undefined : `${low.toFixed(digits)} to ${high.toFixed(digits)}`;

export const interval = ({ confidence }: Pick<TableOptions, 'confidence'>): string =>
  `${Number((100 * confidence).toPrecision(6))}% interval`;

const spread = ({ mean, standardDeviation }: Spread): string =>
  standardDeviation === undefined ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${standardDeviation.toFixed(1)}`;
