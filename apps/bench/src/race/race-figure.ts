import { axisX, axisY, dot, gridX, gridY, line, text } from '@observablehq/plot';

import { labelColors } from '../compare/label-colors.ts';
import type { Html } from '../report/html.ts';
import { formatNumber } from '../report/numbers.ts';
import { renderFigure } from '../report/svg.ts';
import type { RaceResult } from './curves.ts';

/** What returns are drawn over. */
export type RaceAxis = 'step' | 'seconds';

const INK = '#1b2430';
const LEGEND_ROW = 20;
const AXES = { step: 'environment steps', seconds: 'seconds of training, without evaluations' } as const;

/** Returns of all contestants as a file of its own, with a legend. */
export function raceFigure(results: readonly RaceResult[], axis: RaceAxis, environment: string): Html {
  const top = 52 + LEGEND_ROW * Math.ceil(results.length / 2);
  return renderFigure({
    ...figureOf(results, axis, environment),
    width: 620,
    height: 320 + top,
    marginTop: top,
    // The figure is a file of its own, on whatever page.
    style: { background: '#ffffff', color: INK, fontFamily: 'system-ui, sans-serif', fontSize: '13px' },
    marks: [
      ...marksOf(results, axis),
      text([`${environment}, deterministic return`], {
        frameAnchor: 'top-left',
        dx: -50,
        dy: 10 - top,
        fontSize: 15,
        fontWeight: 600,
      }),
      ...[...colorsOf(results)].flatMap(([label, color], i) => {
        const place = { dx: -44 + 280 * (i % 2), dy: 38 - top + LEGEND_ROW * Math.floor(i / 2) };
        return [
          dot([label], { frameAnchor: 'top-left', dx: place.dx, dy: place.dy + 6, r: 5, fill: color }),
          text([label], { frameAnchor: 'top-left', dx: place.dx + 12, dy: place.dy }),
        ];
      }),
    ],
  });
}

/** The same as a panel of a page, whose legend is beside it. */
export const racePanel = (results: readonly RaceResult[], axis: RaceAxis, environment: string): Html =>
  renderFigure({
    ...figureOf(results, axis, environment),
    width: 480,
    height: 340,
    marginTop: 16,
    marks: marksOf(results, axis),
  });

/** The colours of contestants, in their order. */
export const colorsOf = (results: readonly RaceResult[]): ReadonlyMap<string, string> =>
  labelColors(results.map(({ contestant }) => contestant));

const figureOf = (results: readonly RaceResult[], axis: RaceAxis, environment: string) => ({
  id: axis,
  alt: `Deterministic return on ${environment} against ${AXES[axis]}: ${results
    .map(
      ({ contestant, points }) =>
        `${contestant} ending at ${formatNumber(points.at(-1)?.return ?? Number.NaN)}`,
    )
    .join(', ')}`,
  marginRight: 20,
  marginBottom: 46,
  marginLeft: 58,
  x: { domain: [0, Math.max(1, ...results.flatMap(({ points }) => points.map((point) => point[axis])))] },
  y: { nice: true },
});

const marksOf = (results: readonly RaceResult[], axis: RaceAxis) => [
  gridX({ strokeOpacity: 0.12 }),
  gridY({ strokeOpacity: 0.12 }),
  ...[...colorsOf(results)].flatMap(([label, color]) => {
    const points = results.find(({ contestant }) => contestant === label)?.points ?? [];
    return [
      line(points, { x: axis, y: 'return', stroke: color, strokeWidth: 2 }),
      dot(points, { x: axis, y: 'return', fill: color, r: 2.2 }),
    ];
  }),
  axisX({ ticks: 6, label: AXES[axis], labelAnchor: 'center', labelArrow: 'none', labelOffset: 40 }),
  axisY({ ticks: 7, label: null }),
];
