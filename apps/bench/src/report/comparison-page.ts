import { counted } from '../cli/counted.ts';
import type { Comparison } from '../compare/analyse.ts';
import { beforeTheEnd } from '../compare/before-the-end.ts';
import { curvesPanel, type CurveStatistic } from '../compare/curves-figure.ts';
import { labelsOf } from '../compare/group-runs.ts';
import { improvementFigure } from '../compare/improvement-figure.ts';
import { labelColors } from '../compare/label-colors.ts';
import { profileFigure } from '../compare/profile-figure.ts';
import { fewSeedsCaveat } from '../compare/describe-few-seeds.ts';
import { LEAST_SEEDS_OF_INTERVAL } from '../compare/few-seeds.ts';
import { interpolatedGroups } from '../compare/learning-curve.ts';
import { interval } from '../compare/tables.ts';
import { resamplesOfBands } from '../compare/resamples.ts';
import { unevenSteps } from '../compare/uneven-steps.ts';
import type { ComparisonReport } from './comparison-data.ts';
import {
  aggregateTable,
  finalReturnsTable,
  improvementRows,
  improvementTable,
  speedTable,
} from './comparison-tables.ts';
import { html, type Html } from './html.ts';
import { formatNumber } from './numbers.ts';
import { reportPage } from './page.ts';
import { publishedCard } from './published-card.ts';
import { remarks, withoutNoise, withoutSampled } from './remarks.ts';
import { robustnessCard } from './robustness-card.ts';
import { runDetails } from './run-details.ts';

/** The report of a comparison: one HTML page with nothing to load, the figures inline. */
export function comparisonHtml(report: ComparisonReport): string {
  const { deterministic, sampled, title, lead } = report;
  const colors = labelColors(labelsOf(report.groups));
  return reportPage(
    title,
    html`<p class="lead">${lead}</p>
      ${remarks(report, [...unevenSteps(deterministic), ...beforeTheEnd(report.groups), ...withoutSampled(report), ...withoutNoise(report)])}
      ${curves(report, { kind: 'deterministic', comparison: deterministic, colors })}
      ${sampled ? curves(report, { kind: 'sampled', comparison: sampled, colors }) : html``}
      <section class="card wide">
        <h2>Returns of the last evaluation</h2>
        ${finalReturnsTable(report)}
        <p class="note">
          Deterministic returns are those of the most likely actions, sampled returns those of actions drawn
          from the policy, or with the exploration noise of a policy that has no density. The best evaluation
          of a run counts nowhere. Means have the interval of Student's t, interquartile means that of a
          bootstrap. ${fewSeedsCaveat(deterministic)}
        </p>
      </section>
      <div class="columns">
        ${profileCard(report, colors)} ${improvementCard(report, defaultLabel(report))}
      </div>
      ${publishedCard(report)}
      ${report.robustness ? robustnessCard(report.robustness.groups, report.options) : html``}
      <section class="card wide">
        <h2>Time</h2>
        ${speedTable(deterministic)}
        <p class="note">
          Wall-clock time of a run with its evaluations, mean over the seeds that have recorded it; other work
          on the same cores counts too.
        </p>
      </section>
      ${runDetails(report)}`,
  );
}

interface Curves {
  readonly kind: 'deterministic' | 'sampled';
  readonly comparison: Comparison;
  readonly colors: ReadonlyMap<string, string>;
}

/** Both statistics, beside each other where there is one environment. */
function curves(report: ComparisonReport, of: Curves): Html {
  const isSingle = of.comparison.environments.length === 1;
  const cards = (['mean', 'iqm'] as const).map((statistic) =>
    curvesCard(report, { ...of, statistic, look: isSingle ? 'card' : 'card wide' }),
  );
  return isSingle ? html`<div class="columns">${cards}</div>` : html`${cards}`;
}

const STATISTIC_NAMES = { mean: 'mean', iqm: 'interquartile mean' } as const;

function curvesCard(
  { options, groups, sampledGroups }: ComparisonReport,
  {
    kind,
    comparison,
    statistic,
    colors,
    look,
  }: Curves & { readonly statistic: CurveStatistic; readonly look: string },
): Html {
  const { confidence, smooth, resamples } = options;
  const described = { confidence, smooth, statistic, stochastic: kind === 'sampled' };
  const shown = kind === 'deterministic' ? groups : sampledGroups;
  const seedsOf = (label: string): string => {
    const counts = shown.filter((group) => group.label === label).map(({ runs }) => runs.length);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    if (most < LEAST_SEEDS_OF_INTERVAL) return `${counted(most, 'seed')}, no interval`;
    return least === most ? `${most} seeds` : `${least} to ${most} seeds`;
  };
  const band =
    statistic === 'mean'
      ? `the ${interval(options)} of Student's t`
      : `the ${interval(options)} of a stratified bootstrap, of all resamples or of ${formatNumber(resamplesOfBands({ resamples, confidence }), 9)} drawn ones`;
  const between = comparison.environments.flatMap((result) => interpolatedGroups(result.groups));
  return html`<figure class="${look}">
    <h2>${kind === 'deterministic' ? 'Deterministic' : 'Sampled'} return, ${STATISTIC_NAMES[statistic]}</h2>
    <p class="legend">
      ${labelsOf(shown).map(
        (label) =>
          html`<span
            ><i class="swatch" style="background:${colors.get(label) ?? 'currentColor'}"></i>${label}
            <small>${seedsOf(label)}</small></span
          >`,
      )}
    </p>
    <div class="panels">
      ${comparison.environments.map((result, index) =>
        curvesPanel(result, { ...described, colors, id: `${kind}-${statistic}-${index + 1}` }),
      )}
    </div>
    <figcaption>
      ${upperFirst(STATISTIC_NAMES[statistic])} over seeds of the ${kind} return. Bands are ${band}, of at
      least ${LEAST_SEEDS_OF_INTERVAL} seeds, cut off where they reach beyond all returns. Lines are dashed
      where evaluations of some seeds have not begun or have ended.
      ${
        between.length === 0
          ? ''
          : `Seeds of ${listed(between.map(({ label }) => label))} were evaluated at different steps: between its evaluations a seed counts with the line through them. Tables have returns of evaluations alone.`
      }
      ${
        smooth === 1
          ? 'Nothing is smoothed.'
          : `Curves are smoothed: each point is the mean of the last ${smooth} evaluations of a run.`
      }
    </figcaption>
  </figure>`;
}

function profileCard(
  { deterministic, options }: ComparisonReport,
  colors: ReadonlyMap<string, string>,
): Html {
  const { profile } = deterministic;
  if (!profile)
    return html`<section class="card">
      <h2>Performance profile</h2>
      <p class="note">
        There is none: it takes two algorithms, and an environment with runs of all of them and a mean return
        above 0.
      </p>
    </section>`;
  const legend = profile.groups.map(
    ({ label }) =>
      html`<span
        ><i class="swatch" style="background:${colors.get(label) ?? 'currentColor'}"></i>${label}</span
      >`,
  );
  const scales = profile.scales
    .map(({ environment, scale }) => `${formatNumber(scale)} on ${environment}`)
    .join(', ');
  return html`<figure class="card">
    <h2>Performance profile</h2>
    <p class="legend">${legend}</p>
    ${profileFigure(profile, colors)} ${aggregateTable(profile, options)}
    <figcaption>
      Share of runs whose last deterministic return is above τ; bands are stratified bootstrap intervals.
      Returns are divided by the best mean of an algorithm: ${scales}. The interquartile mean is that of all
      runs of these tasks together; its interval resamples the runs of each task among themselves.
      ${
        profile.leftOut.length === 0
          ? ''
          : `Left out: ${profile.leftOut.map(({ environment, reason }) => `${environment} (${reason})`).join(', ')}.`
      }
    </figcaption>
  </figure>`;
}

/** The label of the first algorithm with its preset, which is MEow's where it was run; where there is none, the first label. */
function defaultLabel({ groups }: ComparisonReport): string | undefined {
  const labels = labelsOf(groups);
  const first = groups.find(({ label }) => label === labels[0])?.algorithm;
  return labels.find((label) => label === first) ?? labels[0];
}

/** Of the first label over the others. */
function improvementCard({ deterministic, options }: ComparisonReport, first: string | undefined): Html {
  const of = improvementRows(deterministic, first);
  if (of.length === 0)
    return html`<section class="card">
      <h2>Probability of improvement</h2>
      <p class="note">There is none: it takes two algorithms.</p>
    </section>`;
  const single = deterministic.environments.length === 1;
  return html`<figure class="card">
    <h2>Probability of improvement of ${first ?? ''}</h2>
    ${improvementFigure(of.map((pair) => (single ? { ...pair, where: '' } : pair)))}
    ${improvementTable(of, options)}
    <figcaption>
      How likely a run of the first ends with a larger deterministic return than one of the second, with
      bootstrap intervals. It says nothing of how much larger.
    </figcaption>
  </figure>`;
}

const listed = (labels: readonly string[]): string => [...new Set(labels)].join(', ');

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
