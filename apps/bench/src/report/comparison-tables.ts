import type { ConfidenceInterval } from '@meow-rl/train';

import { counted } from '../cli/counted.ts';
import type { Comparison, GroupResult, Improvement } from '../compare/analyse.ts';
import type { NormalizedProfile } from '../compare/normalized-profile.ts';
import { fewSeedsOfPair } from '../compare/describe-few-seeds.ts';
import { interval } from '../compare/tables.ts';
import type { ComparisonReport } from './comparison-data.ts';
import { html, type Html } from './html.ts';
import { formatDecimals, formatNumber, formatSeconds, count } from './numbers.ts';
import { environmentColumn, numbers, table, words } from './table.ts';

/** Last evaluations of all groups: mean and IQM of deterministic returns, mean of sampled ones. */
export function finalReturnsTable({ deterministic, sampled, options }: ComparisonReport): Html {
  const sampledOf = (environment: string, label: string): GroupResult | undefined =>
    sampled?.environments
      .find((result) => result.environment === environment)
      ?.groups.find((group) => group.label === label);
  return table(
    [
      environmentColumn,
      words('algorithm'),
      numbers(`deterministic: mean, ${interval(options)}`),
      numbers(`IQM, ${interval(options)}`),
      numbers(`sampled: mean, ${interval(options)}`),
      numbers('IQM'),
      numbers('seeds'),
      numbers('steps'),
    ],
    deterministic.environments.flatMap(({ environment, groups }) =>
      groups.map(({ label, seeds, steps: [from, to], meanFinal, iqm }) => {
        const drawn = sampledOf(environment, label);
        return [
          environment,
          label,
          withInterval(meanFinal),
          withInterval(iqm),
          drawn ? ofSeeds(withInterval(drawn.meanFinal), drawn.seeds.length, seeds.length) : 'not evaluated',
          drawn ? formatReturn(drawn.iqm.estimate) : '–',
          seeds.length,
          from === to ? count(to) : `${count(from)} to ${count(to)}`,
        ];
      }),
    ),
  );
}

/** A number of fewer seeds than its row, which is said. */
const ofSeeds = (text: Html, seeds: number, ofAll: number): Html =>
  seeds === ofAll ? text : html`${text} <small>of ${counted(seeds, 'seed')}</small>`;

/** A pair with where it is compared, and why it has no interval there. */
type ImprovementRow = Improvement & { readonly where: string; readonly few: string };

/** Pairs of a label with the others, in each environment and over all. */
export const improvementRows = (
  { environments, overall }: Comparison,
  first: string | undefined,
): ImprovementRow[] =>
  [
    ...environments.flatMap(({ environment, improvements, groups }) =>
      improvements.map((pair) =>
        Object.assign({ where: environment, few: fewSeedsOfPair(pair.x, pair.y, groups) }, pair),
      ),
    ),
    ...overall.map((pair) =>
      Object.assign({ where: 'all tasks that both have', few: 'one seed somewhere' }, pair),
    ),
  ].filter(({ x }) => x === first);

/** Probabilities of improvement with their intervals. */
export const improvementTable = (
  rows: readonly ImprovementRow[],
  options: ComparisonReport['options'],
): Html =>
  table(
    [environmentColumn, words('pair'), numbers('P'), numbers(interval(options))],
    rows.map(({ x, y, where, few, probability: { estimate, low, high } }) => [
      where,
      `${x} > ${y}`,
      estimate.toFixed(2),
      low === null ? few : `${low.toFixed(2)} to ${high.toFixed(2)}`,
    ]),
  );

/** Interquartile means of normalized returns over all tasks of a profile. */
export const aggregateTable = ({ groups }: NormalizedProfile, options: ComparisonReport['options']): Html =>
  table(
    [words('algorithm'), numbers(`IQM of normalized returns, ${interval(options)}`)],
    groups.map(({ label, iqm: { estimate, low, high } }) => [
      label,
      low === null
        ? formatDecimals(estimate)
        : html`${formatDecimals(estimate)}
            <small>(${formatDecimals(low)} to ${formatDecimals(high)})</small>`,
    ]),
  );

/** Wall-clock time and steps per second of all groups. */
export const speedTable = ({ environments }: Comparison): Html =>
  table(
    [environmentColumn, words('algorithm'), numbers('wall-clock time'), numbers('steps per second')],
    environments.flatMap(({ environment, groups }) =>
      groups.map(({ label, seconds, stepsPerSecond, timedSeeds, seeds }) => [
        environment,
        label,
        seconds === null ? '–' : ofSeeds(html`${formatSeconds(seconds)}`, timedSeeds, seeds.length),
        stepsPerSecond === null ? '–' : formatNumber(stepsPerSecond),
      ]),
    ),
  );

/** `5,230 (4,800 to 5,610)`, and the mean alone where there is no interval. */
export const withInterval = ({ estimate, low, high }: ConfidenceInterval): Html =>
  low === null
    ? html`${formatReturn(estimate)}`
    : html`${formatReturn(estimate)} <small>(${formatReturn(low)} to ${formatReturn(high)})</small>`;

/** Whole where that is exact enough. */
export const formatReturn = (value: number): string =>
  formatNumber(Math.abs(value) >= 100 ? Math.round(value) : value, Math.abs(value) >= 100 ? 9 : 3);
