import { areaY, axisX, axisY, gridX, gridY, line } from '@observablehq/plot';

import type { Html } from '../report/html.ts';
import { renderFigure } from '../report/svg.ts';
import type { NormalizedProfile } from './normalized-profile.ts';

/** Performance profiles: the share of runs whose normalized return is above each threshold, with bands where there are intervals. */
export function profileFigure(
  { thresholds, groups }: NormalizedProfile,
  colors: ReadonlyMap<string, string>,
): Html {
  const series = groups.map(({ label, shares }) => ({
    color: colors.get(label) ?? 'currentColor',
    points: shares.map((share, i) => Object.assign({ threshold: thresholds[i] ?? Number.NaN }, share)),
  }));
  return renderFigure({
    id: 'profile',
    alt: `Performance profiles: share of runs above a normalized return, of ${groups.map(({ label }) => label).join(', ')}`,
    width: 520,
    height: 340,
    marginTop: 14,
    marginRight: 16,
    marginBottom: 46,
    marginLeft: 52,
    style: { fontSize: '13px' },
    x: { domain: [thresholds[0] ?? 0, thresholds.at(-1) ?? 1] },
    y: { domain: [0, 1] },
    marks: [
      gridX({ strokeOpacity: 0.12 }),
      gridY({ strokeOpacity: 0.12 }),
      ...series.map(({ color, points }) =>
        areaY(points, {
          x: 'threshold',
          y1: 'low',
          y2: 'high',
          fill: color,
          fillOpacity: 0.15,
          curve: 'step',
        }),
      ),
      ...series.map(({ color, points }) =>
        line(points, { x: 'threshold', y: 'estimate', stroke: color, strokeWidth: 2, curve: 'step' }),
      ),
      axisX({
        ticks: 6,
        label: 'normalized return τ',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 40,
      }),
      axisY({ ticks: 5, tickFormat: '%', label: null }),
    ],
  });
}
