import type { DisturbedReturns, GroupRobustness } from '../robustness/measure.ts';
import { interval, type TableOptions } from '../compare/tables.ts';
import { withInterval } from './comparison-tables.ts';
import { html, type Html, type HtmlPart } from './html.ts';
import { environmentColumn, numbers, table, words } from './table.ts';

/** Returns of final policies under noise on observations and on actions. */
export function robustnessCard(
  groups: readonly GroupRobustness[],
  options: Pick<TableOptions, 'confidence'>,
): Html {
  const disturbances = groups[0]?.returns ?? [];
  const rows = groups.flatMap(({ environment, label, seeds, returns }) =>
    (['deterministic', 'sampled'] as const).map((actions) => {
      const names: readonly HtmlPart[] = [environment, labelWith(label, seeds), actions];
      return names.concat(returns.map((disturbed) => withInterval(disturbed[actions])));
    }),
  );
  return html`<section class="card wide">
    <h2>Robustness of the final policies</h2>
    ${table(
      [
        environmentColumn,
        words('algorithm'),
        words('actions'),
        ...disturbances.map((disturbance) => numbers(nameOf(disturbance))),
      ],
      rows,
    )}
    <p class="note">
      Mean return over seeds and its ${interval(options)}, of episodes played with normal noise that is new in
      each step and entry: on observations with this standard deviation in their own units, on actions with
      this share of half their range.
    </p>
  </section>`;
}

/** The label, and how many of the seeds were played where not all were. */
const labelWith = (label: string, { played, all }: GroupRobustness['seeds']): HtmlPart =>
  played === all ? label : html`${label} <small>${played} of ${all} seeds</small>`;

const nameOf = ({ observationNoise, actionNoise }: DisturbedReturns): string =>
  observationNoise > 0
    ? `observation noise ${observationNoise}`
    : actionNoise > 0
      ? `action noise ${actionNoise}`
      : 'no noise';
