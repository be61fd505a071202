import { meanInterval } from '@meow-rl/train';

import { LEAST_SEEDS_OF_INTERVAL } from '../compare/few-seeds.ts';
import { interval } from '../compare/tables.ts';
import type { FigureData } from '../demo/figure-data.ts';
import { modalityOf, type Modality } from '../demo/modality.ts';
import type { ComparisonReport } from './comparison-data.ts';
import { goalsCard, softValueCard, valueErrorCard } from './demo-report.ts';
import { html, type Html, type HtmlPart } from './html.ts';
import { formatNumber, formatSeconds, formatShare } from './numbers.ts';
import { reportPage } from './page.ts';
import { remarks } from './remarks.ts';
import { runDetails } from './run-details.ts';
import { numbers, table, words } from './table.ts';

/** Figure 1 of one run. */
export interface MultiGoalRun extends FigureData {
  readonly seed: number;
  readonly steps: number;
  /** Wall-clock seconds of training, where they were recorded. */
  readonly seconds?: number;
}

/** Everything that the report of the multi-goal environment shows. */
export interface MultiGoalReport extends Pick<
  ComparisonReport,
  'title' | 'lead' | 'command' | 'groups' | 'notes' | 'leftOut' | 'machine'
> {
  /** At least one; the figure is drawn of the first. */
  readonly runs: readonly MultiGoalRun[];
  /** Share that intervals cover. */
  readonly confidence: number;
}

/** The report of the multi-goal environment: Figure 1 of the first seed, and measures of modality over all. */
export function multiGoalHtml(report: MultiGoalReport): string {
  const { title, lead, runs } = report;
  const [first] = runs;
  if (!first) throw new RangeError('multi-goal report: got no runs, expected at least 1.');
  return reportPage(
    title,
    html`<p class="lead">
        ${lead} The figure is of seed ${first.seed}, after ${formatNumber(first.steps, 9)} environment steps.
      </p>
      ${remarks(report)}
      <div class="columns">${softValueCard(first)} ${valueErrorCard(first)}</div>
      ${modalityCard(report)}
      <div class="columns">${goalsCard(first)} ${errorsCard(runs)}</div>
      ${runDetails(report)}`,
  );
}

const percent = (share: number): string => formatShare(share, 1);
const nats = (entropy: number): string => entropy.toFixed(3);

/** Shares of the goals and their entropy, a row for each seed. */
function modalityCard({ runs, confidence }: MultiGoalReport): Html {
  const goals = runs[0]?.goals ?? [];
  const modalities = runs.map(({ reachedByGoal, rollouts }) => modalityOf(reachedByGoal, rollouts));
  const rows: HtmlPart[][] = runs.map(({ seed }, i) => {
    const { shares = [], reached = 0, entropy = 0, evenness = 0 } = modalities[i] ?? {};
    return [seed, percent(reached), ...shares.map(percent), nats(entropy), percent(evenness)];
  });
  const hasIntervals = runs.length >= LEAST_SEEDS_OF_INTERVAL;
  const over = (
    value: (modality: Modality) => number,
    { shown = percent, most = 1 }: { readonly shown?: typeof percent; readonly most?: number } = {},
  ): HtmlPart => {
    const { estimate, low, high } = meanInterval(modalities.map(value), confidence);
    if (low === null || !hasIntervals) return shown(estimate);
    return html`${shown(estimate)}
      <small>(${shown(Math.max(0, low))} to ${shown(Math.min(most, high))})</small>`;
  };
  return html`<section class="card wide">
    <h2>Modality of the stochastic policy</h2>
    ${table(
      [
        words('seed'),
        numbers('reach a goal'),
        ...goals.map((_, goal) => numbers(`goal ${goal + 1}`)),
        numbers('entropy, nats'),
        numbers(`of log ${goals.length}`),
      ],
      [
        ...rows,
        [
          hasIntervals ? `mean, ${interval({ confidence })}` : 'mean',
          over(({ reached }) => reached),
          ...goals.map((_, goal) => over(({ shares }) => shares[goal] ?? 0)),
          over(({ entropy }) => entropy, { shown: nats, most: Math.log(goals.length) }),
          over(({ evenness }) => evenness),
        ],
      ],
    )}
    <p class="note">
      Of ${runs[0]?.rollouts ?? 0} episodes for each seed, begun at the origin with sampled actions. Shares of
      the goals are of the episodes that reach one; their entropy is at most log ${goals.length} =
      ${Math.log(goals.length).toFixed(3)} nats, where all goals are reached alike.
      ${
        hasIntervals
          ? "Intervals are those of Student's t over the seeds, cut off at what is possible."
          : `Intervals are of at least ${LEAST_SEEDS_OF_INTERVAL} seeds.`
      }
    </p>
  </section>`;
}

/** Errors of the three estimates of the soft value, a row for each seed. */
const errorsCard = (runs: readonly MultiGoalRun[]): Html =>
  html`<section class="card">
    <h2>Error of V(s₀) against quadrature</h2>
    ${table(
      [
        words('seed'),
        numbers('V(s₀)'),
        numbers('(I) exact'),
        numbers('(II) importance'),
        numbers('(III) Monte Carlo'),
        numbers('trained in'),
      ],
      runs.map(({ seed, valueError: { reference, exact, importance, monteCarlo }, seconds }) => [
        seed,
        formatNumber(reference, 5),
        formatNumber(exact, 2),
        formatNumber(importance.at(-1)?.mean ?? Number.NaN, 2),
        formatNumber(monteCarlo.at(-1)?.mean ?? Number.NaN, 2),
        seconds === undefined ? '–' : formatSeconds(seconds),
      ]),
    )}
    <p class="note">(II) and (III) with the largest number of samples of the figure, mean error.</p>
  </section>`;
