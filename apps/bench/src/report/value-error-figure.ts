import { areaY, axisX, axisY, dot, gridX, gridY, line, text } from '@observablehq/plot';
import type { Band, ValueError } from './data.ts';
import type { Html } from './html.ts';
import { formatNumber, powerOfTen } from './numbers.ts';
import { renderFigure } from './svg.ts';

const width = 520;
const height = 532;
const margin = { top: 30, right: 150, bottom: 46, left: 54 };

/** Mid-tones: readable on a light page and on a dark one. */
const series = {
  exact: { color: '#1483c8', label: '(I) exact V (eq. 9)', lines: '(I) exact V\n(eq. 9)' },
  importance: {
    color: '#dd6b10',
    label: '(II) importance sampling (eq. 5)',
    lines: '(II) importance\nsampling (eq. 5)',
  },
  monteCarlo: { color: '#8d63cf', label: '(III) Monte Carlo (eq. 6)', lines: '(III) Monte Carlo\n(eq. 6)' },
} as const;

/** Figure 1(b): absolute error of the soft value at the initial state against the number of samples, log-log. */
export function valueErrorFigure(data: ValueError): Html {
  const { samples } = data;
  const domain = errorDomain(data);
  const [floor] = domain;
  const curves = [
    { ...series.exact, bands: samples.map(() => ({ mean: data.exact, low: data.exact, high: data.exact })) },
    { ...series.importance, bands: data.importance },
    { ...series.monteCarlo, bands: data.monteCarlo },
  ].map(({ color, label, lines, bands }) => ({
    color,
    label,
    lines,
    points: samples.map((sampleCount, index) => clampedPoint(sampleCount, bands[index], floor, label)),
  }));
  const ends = curves.map(({ points }) => points.at(-1)?.mean ?? floor);
  const labelHeights = spreadLabels(ends, domain);
  const last = samples.at(-1) ?? 1;
  return renderFigure({
    id: 'value-error',
    alt: `Absolute error of the soft value against the number of samples: ${curves
      .map(({ label }, index) => `${label} ${formatNumber(ends[index] ?? 0)} at M = ${last}`)
      .join(', ')}`,
    width,
    height,
    marginTop: margin.top,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    x: { type: 'log', base: 10, domain: [samples[0] ?? 1, last] },
    y: { type: 'log', domain },
    marks: [
      gridX({ ticks: decades([samples[0] ?? 1, last]), strokeOpacity: 0.15 }),
      gridY({ ticks: decades(domain), strokeOpacity: 0.15 }),
      ...curves.map(({ points, color }) =>
        areaY(points, { x: 'samples', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.2 }),
      ),
      ...curves.map(({ points, color }) =>
        line(points, { x: 'samples', y: 'mean', stroke: color, strokeWidth: 2 }),
      ),
      ...curves
        .slice(1)
        .map(({ points, color }) => dot(points, { x: 'samples', y: 'mean', fill: color, r: 2.8 })),
      text(curves, {
        x: last,
        y: labelHeights,
        text: 'lines',
        fill: 'color',
        textAnchor: 'start',
        dx: 10,
        fontWeight: 600,
        fontSize: 13,
        lineHeight: 1.15,
      }),
      axisX({
        ticks: decades([samples[0] ?? 1, last]),
        tickFormat: formatDecade,
        label: 'number of samples M',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 40,
      }),
      axisY({
        ticks: decades(domain),
        tickFormat: formatDecade,
        label: '|estimate of V(s₀) − quadrature|',
        labelAnchor: 'top',
        labelArrow: 'none',
        labelOffset: 46,
      }),
    ],
  });
}

/** A logarithmic axis has no place for zero, nor for a band that reaches below it: those are drawn at its foot. */
function clampedPoint(samples: number, band: Band | undefined, floor: number, label: string) {
  if (!band)
    throw new Error(`value error figure: ${label} has no entry for ${samples} samples. Give one for each.`);
  const [mean, low, high] = [band.mean, band.low, band.high].map((value) => Math.max(value, floor));
  return { samples, mean, low, high };
}

/** Whole decades around all means and, at the top, the bands. */
function errorDomain({ exact, importance, monteCarlo }: ValueError): [number, number] {
  const bands = [...importance, ...monteCarlo];
  const lowest = [exact, ...bands.map(({ mean }) => mean)].filter((value) => value > 0);
  const highest = [exact, ...bands.map(({ high }) => high)];
  // 1e-7: below it lies the rounding of single precision, so an error of zero belongs there.
  const low = exact === 0 ? 1e-7 : Math.min(...lowest, 1);
  const bottom = Math.floor(Math.log10(low) - 0.15);
  const top = Math.max(Math.ceil(Math.log10(Math.max(...highest, low))), bottom + 1);
  return [10 ** bottom, 10 ** top];
}

function decades([low, high]: readonly [number, number]): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

function formatDecade(value: number): string {
  const exponent = Math.round(Math.log10(value));
  return Math.abs(exponent) <= 1 ? String(10 ** exponent) : powerOfTen(exponent);
}

/** Moves labels apart, from the bottom upwards, where lines end closer together than two lines of text are high. */
function spreadLabels(ends: readonly number[], [low, high]: readonly [number, number]): number[] {
  const pixelsPerUnit = (height - margin.top - margin.bottom) / Math.log(high / low);
  const gap = 38 / pixelsPerUnit;
  const placed = [...ends];
  let below = -Infinity;
  for (const index of ends.map((_, k) => k).toSorted((a, b) => (ends[a] ?? 0) - (ends[b] ?? 0))) {
    below = Math.max(Math.log(ends[index] ?? low), below + gap);
    placed[index] = Math.exp(below);
  }
  return placed;
}
