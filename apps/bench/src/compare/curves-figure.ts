import { areaY, axisX, axisY, dot, gridX, gridY, line, text } from '@observablehq/plot';

import { counted } from '../cli/counted.ts';
import type { Html } from '../report/html.ts';
import { renderFigure } from '../report/svg.ts';
import type { EnvironmentResult, GroupResult } from './analyse.ts';
import { LEAST_SEEDS_OF_INTERVAL } from './few-seeds.ts';
import { labelColors } from './label-colors.ts';
import { interpolatedGroups, splitAtFewerSeeds } from './learning-curve.ts';
import { actionsOf, interval, type TableOptions } from './tables.ts';

/** What a curve is of: interquartile mean with a bootstrap interval, or mean with the interval of Student's t. */
export type CurveStatistic = 'iqm' | 'mean';

/** What figures of learning curves are to mention. */
export interface CurveOptions extends Pick<TableOptions, 'confidence' | 'stochastic'> {
  /** Evaluations that each point averages. */
  readonly smooth: number;
  readonly statistic: CurveStatistic;
}

const LEGEND_ROW = 20;
const INK = '#1b2430';

/** Learning curves of an environment as a file of its own, with a legend. */
export function curvesFigure(result: EnvironmentResult, options: CurveOptions): Html {
  const { environment, groups } = result;
  const colors = labelColors(groups.map(({ label }) => label));
  const series = groups.map((group) => ({ label: legendOf(group), color: colors.get(group.label) ?? INK }));
  const top = 76 + LEGEND_ROW * series.length;
  const legendY = (index: number) => 38 - top + LEGEND_ROW * index;
  return renderFigure({
    id: 'curves',
    alt: altOf(result, options),
    width: 760,
    height: 420 + LEGEND_ROW * series.length,
    marginTop: top,
    marginRight: 24,
    marginBottom: 48,
    marginLeft: 72,
    // The figure is a file of its own, on whatever page.
    style: { background: '#ffffff', color: INK, fontFamily: 'system-ui, sans-serif', fontSize: '13px' },
    x: { domain: [0, lastStep(groups)] },
    y: { domain: returnsOf(groups), nice: true },
    marks: [
      ...curveMarks(groups, options, colors),
      text([environment], {
        frameAnchor: 'top-left',
        dx: -60,
        dy: 10 - top,
        fontSize: 16,
        fontWeight: 600,
      }),
      ...series.flatMap(({ label, color }, index) => [
        dot([label], { frameAnchor: 'top-left', dx: -54, dy: legendY(index) + 6, r: 5, fill: color }),
        text([label], { frameAnchor: 'top-left', dx: -42, dy: legendY(index) }),
      ]),
      text([describeCurves(groups, options)], {
        frameAnchor: 'top-left',
        dx: -60,
        dy: -26,
        fillOpacity: 0.75,
      }),
      ...axes(8),
    ],
  });
}

/**
 * Learning curves of an environment as a panel of a page, whose legend is beside it.
 *
 * @param id unique in the page
 * @param colors of the page's labels
 */
export const curvesPanel = (
  result: EnvironmentResult,
  options: CurveOptions & { readonly id: string; readonly colors: ReadonlyMap<string, string> },
): Html =>
  renderFigure({
    id: options.id,
    alt: altOf(result, options),
    width: 440,
    height: 330,
    marginTop: 34,
    marginRight: 16,
    marginBottom: 46,
    marginLeft: 58,
    style: { fontSize: '13px' },
    x: { domain: [0, lastStep(result.groups)] },
    y: { domain: returnsOf(result.groups), nice: true },
    marks: [
      ...curveMarks(result.groups, options, options.colors),
      text([result.environment], {
        frameAnchor: 'top-left',
        dx: -46,
        dy: -28,
        fontSize: 15,
        fontWeight: 600,
      }),
      ...axes(5),
    ],
  });

/** What lines and bands are, in words. */
function describeCurves(
  groups: readonly GroupResult[],
  { statistic, smooth, ...options }: CurveOptions,
): string {
  const of = statistic === 'iqm' ? 'IQM over seeds' : 'mean over seeds';
  const by = statistic === 'iqm' ? '' : " (Student's t)";
  const smoothed = smooth === 1 ? '' : `; smoothed, each point the mean of ${smooth} evaluations`;
  const between = interpolatedGroups(groups).length === 0 ? '' : '; linear between evaluations of a seed';
  return `${actionsOf(options)} return: ${of}, band: ${interval(options)}${by}${smoothed}${between}`;
}

/** The seeds behind a line. */
const legendOf = ({ label, seeds }: Pick<GroupResult, 'label' | 'seeds'>): string =>
  `${label}, ${counted(seeds.length, 'seed')}${seeds.length < LEAST_SEEDS_OF_INTERVAL ? ': no interval' : ''}`;

const altOf = ({ environment, groups }: EnvironmentResult, options: CurveOptions): string =>
  `Learning curves (${describeCurves(groups, options)}) on ${environment}: ${groups.map(legendOf).join('; ')}`;

const lastStep = (groups: readonly GroupResult[]): number =>
  Math.max(...groups.flatMap(({ curve }) => curve.map(({ step }) => step)));

/** From the lowest to the highest: bootstrap intervals lie among the returns, while Student's of two seeds may reach far beyond all of them. */
function returnsOf(groups: readonly GroupResult[]): [number, number] {
  const values = groups.flatMap(({ curve, meanCurve }) => [
    ...curve.flatMap(({ estimate, low, high }) => (low === null ? [estimate] : [low, high])),
    ...meanCurve.map(({ estimate }) => estimate),
  ]);
  return [Math.min(...values), Math.max(...values)];
}

/** Lines with bands where there are enough seeds; dashed where evaluations of some have not begun, or have ended. */
function curveMarks(
  groups: readonly GroupResult[],
  { statistic }: CurveOptions,
  colors: ReadonlyMap<string, string>,
) {
  const series = groups.map(({ label, seeds, curve: iqms, meanCurve }) => {
    const curve = statistic === 'iqm' ? iqms : meanCurve;
    return { color: colors.get(label) ?? INK, ...splitAtFewerSeeds(curve, seeds.length), curve };
  });
  return [
    gridX({ strokeOpacity: 0.12 }),
    gridY({ strokeOpacity: 0.12 }),
    ...series.map(({ curve, color }) =>
      areaY(
        curve.filter(({ seeds }) => seeds >= LEAST_SEEDS_OF_INTERVAL),
        { x: 'step', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.18, clip: true },
      ),
    ),
    ...series.map(({ full, color }) =>
      line(full, { x: 'step', y: 'estimate', stroke: color, strokeWidth: 2 }),
    ),
    ...series.flatMap(({ dashed, color }) =>
      dashed.map((part) =>
        line(part, { x: 'step', y: 'estimate', stroke: color, strokeWidth: 2, strokeDasharray: '5 4' }),
      ),
    ),
    // A dot per evaluation only while dots can be told apart.
    ...series
      .filter(({ curve }) => curve.length <= 40)
      .map(({ curve, color }) => dot(curve, { x: 'step', y: 'estimate', fill: color, r: 2.4 })),
  ];
}

const axes = (ticks: number) => [
  axisX({
    ticks,
    tickFormat: formatSteps,
    label: 'environment steps',
    labelAnchor: 'center',
    labelArrow: 'none',
    labelOffset: 40,
  }),
  axisY({ ticks: 7, label: null }),
];

/** `250k`, `1.5M`. */
function formatSteps(steps: number): string {
  if (steps >= 1e6) return `${Number((steps / 1e6).toPrecision(4))}M`;
  return steps >= 1000 ? `${Number((steps / 1000).toPrecision(4))}k` : String(steps);
}
