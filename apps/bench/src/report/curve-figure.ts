import { axisX, axisY, dot, gridY, line, ruleY } from '@observablehq/plot';
import type { DemoReport } from './data.ts';
import type { Html } from './html.ts';
import { formatNumber } from './numbers.ts';
import { renderFigure } from './svg.ts';

/** Mean return of training episodes, whose actions are sampled, against the environment steps. */
export function curveFigure(curve: DemoReport['curve']): Html {
  const points = curve.filter(({ meanReturn }) => Number.isFinite(meanReturn));
  const last = points.at(-1);
  return renderFigure({
    id: 'curve',
    alt: `Mean sampled return against training steps${last ? `, ending at ${formatNumber(last.meanReturn)}` : ''}`,
    width: 520,
    height: 300,
    marginTop: 28,
    marginRight: 16,
    marginBottom: 44,
    marginLeft: 60,
    x: { domain: [0, last?.step ?? 1] },
    y: { nice: true },
    marks: [
      gridY({ strokeOpacity: 0.15 }),
      line(points, { x: 'step', y: 'meanReturn', stroke: '#1483c8', strokeWidth: 2 }),
      // A dot per evaluation only while dots can be told apart.
      ...(points.length <= 60 ? [dot(points, { x: 'step', y: 'meanReturn', fill: '#1483c8', r: 2.6 })] : []),
      ...(points.length === 0 ? [ruleY([0], { strokeOpacity: 0.3 })] : []),
      axisX({
        ticks: 6,
        label: 'environment steps',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 38,
      }),
      axisY({
        ticks: 6,
        label: 'mean sampled return',
        labelAnchor: 'top',
        labelArrow: 'none',
        labelOffset: 52,
      }),
    ],
  });
}
