import { curveFigure } from './curve-figure.ts';
import type { FigureData } from '../demo/figure-data.ts';
import { modalityOf } from '../demo/modality.ts';
import type { DemoReport } from './data.ts';
import { Html, html } from './html.ts';
import { formatNumber, formatSeconds, formatShare } from './numbers.ts';
import { reportPage } from './page.ts';
import { goalColor, softValueFigure } from './soft-value-figure.ts';
import { valueErrorFigure } from './value-error-figure.ts';

/** Trajectories in Figure 1(a): more of them hide the contours. */
const drawnTrajectories = 100;

/** The demo's report: one HTML page with nothing to load, the figures inline. */
export function demoReportHtml(data: DemoReport): string {
  return reportPage(
    data.title,
    html`<p class="lead">
        Seed ${data.seed}, ${formatNumber(data.steps, 9)} environment steps, trained in
        ${formatSeconds(data.trainSeconds)}. Figures (a) and (b) are those of Figure 1 of MEow (NeurIPS 2024,
        arXiv 2405.13629), computed from this run.
      </p>
      ${tiles(data)}
      <div class="columns">${softValueCard(data)} ${valueErrorCard(data)}</div>
      <div class="columns">${goalsCard(data)} ${curveCard(data)}</div>
      <div class="columns">${settingsCard(data)} ${filesCard(data)}</div>`,
  );
}

function tiles({ goals, reachedByGoal, rollouts, valueError, verify }: DemoReport): Html {
  const visited = reachedByGoal.filter((count) => count > 0).length;
  const facts = [
    [`${visited} of ${goals.length}`, 'goals reached by sampling the policy'],
    [formatShare(sum(reachedByGoal), rollouts), `of ${formatNumber(rollouts, 9)} episodes end at a goal`],
    [formatNumber(valueError.exact, 2), 'error of V(s₀), no samples drawn'],
    [
      formatNumber(verify.maxError, 2),
      `largest ONNX error on ${formatNumber(verify.observations, 9)} states`,
    ],
  ] as const;
  return html`<div class="tiles">
    ${facts.map(
      ([value, meaning]) =>
        html`<div class="card tile"><strong>${value}</strong><span>${meaning}</span></div>`,
    )}
  </div>`;
}

/** Figure 1(a). */
export function softValueCard(data: FigureData): Html {
  const { softValue, goalRadius, goals } = data;
  const trajectories = data.trajectories.slice(0, drawnTrajectories);
  const missed = trajectories.filter(({ goal }) => goal === undefined).length;
  const drawn =
    trajectories.length < data.trajectories.length
      ? `the first ${trajectories.length} of ${data.trajectories.length}`
      : `${trajectories.length}`;
  return html`<figure class="card">
    ${softValueFigure({ ...data, trajectories })}
    <figcaption>
      <b>(a) Soft value and sampled trajectories.</b> Contours of V(s) after training, computed in closed form
      (eq. 9) on ${softValue.x.length} × ${softValue.y.length} positions, with ${drawn} trajectories drawn
      from the stochastic policy. Dots mark where they start; colours tell the goal
      reached${missed > 0 ? `, grey the ${missed} that reached none` : ''}. Circles are the ${goals.length}
      goals, radius ${formatNumber(goalRadius)}.
    </figcaption>
  </figure>`;
}

/** Figure 1(b). */
export function valueErrorCard({ valueError }: FigureData): Html {
  const { samples, importance, monteCarlo, exact, reference, proposal, band } = valueError;
  const last = formatNumber(samples.at(-1) ?? 0, 9);
  return html`<figure class="card">
    ${valueErrorFigure(valueError)}
    <figcaption>
      <b>(b) Error of the soft value at the initial state.</b> Each estimate of V(s₀) is compared with the
      quadrature of α log ∫ exp(Q(s₀, a)/α) da, which gives ${formatNumber(reference, 5)}. (I) the flow's own
      V draws no samples and is off by ${formatNumber(exact, 2)}. With M = ${last} samples from ${proposal},
      (II) is off by ${formatNumber(importance.at(-1)?.mean ?? NaN, 2)} and (III) by
      ${formatNumber(monteCarlo.at(-1)?.mean ?? NaN, 2)} on average. Bands show ${band}.
    </figcaption>
  </figure>`;
}

/** Episodes by the goal that they reached, and how even that is. */
export function goalsCard({ goals, reachedByGoal, rollouts }: FigureData): Html {
  const { entropy, evenness } = modalityOf(reachedByGoal, rollouts);
  const missed = Math.max(0, rollouts - sum(reachedByGoal));
  const rows = [
    ...goals.map(({ x, y }, goal) => ({
      name: `goal ${goal + 1}  (${formatNumber(x)}, ${formatNumber(y)})`,
      count: reachedByGoal[goal] ?? 0,
      color: goalColor(goal),
    })),
    { name: 'no goal', count: missed, color: 'var(--soft)' },
  ];
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return html`<section class="card">
    <h2>Where ${formatNumber(rollouts, 9)} sampled episodes end</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>reached</th>
            <th class="number">episodes</th>
            <th class="number">share</th>
            <th class="bar"></th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, count, color }) =>
              html`<tr>
                <td class="name"><i class="swatch" style="background:${color}"></i>${name}</td>
                <td class="number">${count}</td>
                <td class="number">${formatShare(count, rollouts)}</td>
                <td class="bar">
                  <i style="width:${((100 * count) / most).toFixed(1)}%;background:${color}"></i>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">
      Entropy over the goals, of the episodes that reach one: ${entropy.toFixed(3)} nats,
      ${Math.round(100 * evenness)}% of log ${goals.length}, which all goals alike would have.
    </p>
  </section>`;
}

function curveCard({ curve }: DemoReport): Html {
  return html`<figure class="card">
    ${curveFigure(curve)}
    <figcaption>
      <b>Learning curve.</b> Mean return of the last 100 training episodes, their actions sampled, at
      ${curve.length} points of the training.
    </figcaption>
  </figure>`;
}

function settingsCard({ settings }: DemoReport): Html {
  return html`<section class="card">
    <h2>Settings</h2>
    <div class="scroll">
      <table>
        <tbody>
          ${Object.entries(settings).map(
            ([name, value]) =>
              html`<tr>
                <td><code>${name}</code></td>
                <td class="number">${settingText(value)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function filesCard({ files, verify }: DemoReport): Html {
  return html`<section class="card">
    <h2>Files beside this report</h2>
    <div class="scroll">
      <table>
        <tbody>
          ${files.map(
            ({ name, description }) =>
              html`<tr>
                <td class="file"><code>${breakable(name)}</code></td>
                <td>${description}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">
      The ONNX files were run on ${formatNumber(verify.observations, 9)} observations of the run; they differ
      from the agent by at most ${formatNumber(verify.maxError, 2)}.
    </p>
  </section>`;
}

/** A file's name that breaks between its parts. */
const breakable = (name: string): Html =>
  new Html(
    name
      .split(/(?<=[./])/)
      .map((part) => html`${part}`.markup)
      .join('<wbr>'),
  );

function settingText(value: DemoReport['settings'][string]): string {
  return typeof value === 'object' ? value.join(', ') : String(value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
