import { areaY, axisX, axisY, dot, gridX, gridY, line, text } from '@observablehq/plot';

import type { Html } from '../report/html.ts';
import { renderFigure } from '../report/svg.ts';
import type { CurvePoint, EnvironmentResult } from './analyse.ts';
import { actionsOf, interval, type TableOptions } from './tables.ts';

/** Told apart in pairs by lightness too, for readers who don't see all colours. */
const COLORS = ['#1483c8', '#dd6b10', '#8d63cf', '#2a9d5c', '#c8385a', '#6b6456'] as const;

const LEGEND_ROW = 20;
const INK = '#1b2430';

/**
 * Learning curves of an environment: per group the IQM of the evaluations over seeds, with its interval as a band where there
 * is more than one. The line is dashed where not all of the seeds have got to.
 */
export function curvesFigure(
  { environment, groups }: EnvironmentResult,
  options: Pick<TableOptions, 'confidence' | 'stochastic'>,
): Html {
  const series = groups.map(({ label, seeds, curve }, index) => ({
    label: `${label}, ${seeds.length === 1 ? '1 seed: no interval' : `${seeds.length} seeds`}`,
    color: COLORS[index % COLORS.length] ?? COLORS[0],
    ...splitAtFewerSeeds(curve, seeds.length),
    curve,
  }));
  const last = Math.max(...groups.flatMap(({ curve }) => curve.map(({ step }) => step)));
  const top = 76 + LEGEND_ROW * series.length;
  const legendY = (index: number) => 38 - top + LEGEND_ROW * index;
  return renderFigure({
    id: 'curves',
    alt: `Learning curves (${actionsOf(options)} returns) on ${environment}: ${series.map(({ label }) => label).join('; ')}`,
    width: 760,
    height: 420 + LEGEND_ROW * series.length,
    marginTop: top,
    marginRight: 24,
    marginBottom: 48,
    marginLeft: 72,
    // The figure is a file of its own, on whatever page.
    style: { background: '#ffffff', color: INK, fontFamily: 'system-ui, sans-serif', fontSize: '13px' },
    x: { domain: [0, last] },
    y: { nice: true },
    marks: [
      gridX({ strokeOpacity: 0.12 }),
      gridY({ strokeOpacity: 0.12 }),
      ...series.map(({ curve, color }) =>
        areaY(curve, { x: 'step', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.18 }),
      ),
      ...series.map(({ full, color }) =>
        line(full, { x: 'step', y: 'estimate', stroke: color, strokeWidth: 2 }),
      ),
      ...series.map(({ dashed, color }) =>
        line(dashed, { x: 'step', y: 'estimate', stroke: color, strokeWidth: 2, strokeDasharray: '5 4' }),
      ),
      // A dot per evaluation only while dots can be told apart.
      ...series
        .filter(({ curve }) => curve.length <= 40)
        .map(({ curve, color }) => dot(curve, { x: 'step', y: 'estimate', fill: color, r: 2.4 })),
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
      text([`${actionsOf(options)} return: IQM over seeds, band: ${interval(options)}`], {
        frameAnchor: 'top-left',
        dx: -60,
        dy: -26,
        fillOpacity: 0.75,
      }),
      axisX({
        ticks: 8,
        tickFormat: formatSteps,
        label: 'environment steps',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 40,
      }),
      axisY({ ticks: 7, label: null }),
    ],
  });
}

/** The part of a curve that all seeds are in, and the dashed with a point of overlap, so that the line has no gap. */
function splitAtFewerSeeds(curve: readonly CurvePoint[], seeds: number) {
  const fewer = curve.findIndex((point) => point.seeds < seeds);
  return fewer < 0
    ? { full: curve, dashed: [] }
    : { full: curve.slice(0, fewer), dashed: curve.slice(Math.max(0, fewer - 1)) };
}

/** `250k`, `1.5M`. */
function formatSteps(steps: number): string {
  if (steps >= 1e6) return `${Number((steps / 1e6).toPrecision(4))}M`;
  return steps >= 1000 ? `${Number((steps / 1000).toPrecision(4))}k` : String(steps);
}
