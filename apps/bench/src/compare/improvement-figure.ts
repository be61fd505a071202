import { axisX, dot, gridX, link, text } from '@observablehq/plot';

import type { Html } from '../report/html.ts';
import { renderFigure } from '../report/svg.ts';
import type { Improvement } from './analyse.ts';

const ROW = 34;

/** Probabilities of improvement, a row for each pair: a dot with its interval, and a line where neither side is better. */
export function improvementFigure(improvements: readonly (Improvement & { readonly where: string })[]): Html {
  const rows = improvements.map(({ x, y, where, probability }, row) => ({
    row,
    label: `${x} > ${y}${where === '' ? '' : `, ${where}`}`,
    ...probability,
  }));
  const height = ROW * rows.length;
  return renderFigure({
    id: 'improvement',
    alt: `Probability of improvement: ${rows.map(({ label, estimate }) => `${label} ${estimate.toFixed(2)}`).join('; ')}`,
    width: 520,
    height: height + 64,
    marginTop: 10,
    marginRight: 16,
    marginBottom: 46,
    marginLeft: 16,
    style: { fontSize: '13px' },
    x: { domain: [0, 1] },
    y: { domain: [rows.length - 0.5, -0.5], axis: null },
    marks: [
      gridX({ ticks: 5, strokeOpacity: 0.12 }),
      // Beside each dot and not through the label above it.
      link(rows, {
        x1: 0.5,
        x2: 0.5,
        y1: ({ row }) => row - 0.1,
        y2: ({ row }) => row + 0.4,
        strokeDasharray: '4 4',
        strokeOpacity: 0.6,
      }),
      link(
        rows.filter(({ low }) => low !== null),
        {
          x1: 'low',
          x2: 'high',
          y1: 'row',
          y2: 'row',
          stroke: '#1483c8',
          strokeWidth: 3,
          strokeOpacity: 0.5,
        },
      ),
      dot(rows, { x: 'estimate', y: 'row', fill: '#1483c8', r: 4 }),
      // Cut in the middle where it is too long: the table below has all of it.
      text(rows, {
        x: 0,
        y: 'row',
        text: 'label',
        textAnchor: 'start',
        dx: 2,
        dy: -11,
        lineWidth: 36,
        textOverflow: 'ellipsis-middle',
      }),
      axisX({
        ticks: 5,
        label: 'P(first is better)',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 40,
      }),
    ],
  });
}
