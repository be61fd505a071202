import { axisX, axisY, contour, dot, frame, line, rect, text } from '@observablehq/plot';
import type { Grid, Point, Trajectory } from './data.ts';
import { html, type Html } from './html.ts';
import { formatTick } from './numbers.ts';
import { renderFigure } from './svg.ts';

/** What Figure 1(a) is drawn from. */
export interface SoftValueFigure {
  readonly softValue: Grid;
  /** All of them are drawn. */
  readonly trajectories: readonly Trajectory[];
  readonly goals: readonly Point[];
  readonly goalRadius: number;
  /** The panel shows [-bounds, bounds]². */
  readonly bounds: number;
}

/** Distinguishable with the common colour-vision deficiencies, and dark enough for the light contours. */
const goalColors = ['#0060a8', '#c2410c', '#00724f', '#8e2c8a', '#7a5b00', '#b3123f'] as const;
const noGoalColor = '#3d3d3d';

/** Low to high. Goals lie high, where the trajectories crowd, so the lightest colours go there. */
const valueColors: readonly Rgb[] = [
  [92, 120, 158],
  [142, 167, 197],
  [187, 204, 219],
  [226, 230, 222],
  [255, 250, 226],
];
type Rgb = readonly [number, number, number];

const size = 520;
const margin = { top: 8, right: 12, bottom: 44, left: 48 };
const side = size - margin.left - margin.right;

/** The colour of the trajectories that reached a goal, and of its label. */
export function goalColor(goal: number | undefined): string {
  return goal === undefined ? noGoalColor : (goalColors[goal % goalColors.length] ?? noGoalColor);
}

/**
 * Figure 1(a): filled contours of the soft value over the positions with sampled trajectories on top, each in the
 * colour of the goal that it reached.
 */
export function softValueFigure(data: SoftValueFigure): Html {
  const levels = contourLevels(data.softValue.values);
  return html`${valueLegend(levels)} ${panel(data, levels)}`;
}

function panel(
  { softValue, trajectories, goals, goalRadius, bounds }: SoftValueFigure,
  levels: Levels,
): Html {
  const points = trajectories.flatMap(({ positions, goal }, episode) =>
    positions.map(([x, y]) => ({ x, y, episode, color: goalColor(goal) })),
  );
  const starts = points.filter(({ episode }, index) => points[index - 1]?.episode !== episode);
  const labels = goals.map(({ x, y }, goal) => ({
    x,
    y: y + Math.sign(y || 1) * (goalRadius + 0.05 * bounds),
    label: `goal ${goal + 1}`,
    color: goalColor(goal),
  }));
  const path = { x: 'x', y: 'y', z: 'episode', clip: true } as const;
  const ticks = [-1, -0.5, 0, 0.5, 1].map((part) => part * 2 * Math.floor(bounds / 2));
  return renderFigure({
    id: 'soft-value',
    alt: `Contours of the soft value over the positions, with ${trajectories.length} sampled trajectories and ${goals.length} goals`,
    width: size,
    height: side + margin.top + margin.bottom,
    marginTop: margin.top,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    x: { domain: [-bounds, bounds] },
    y: { domain: [-bounds, bounds] },
    r: { type: 'identity' },
    marks: [
      contour(softValue.values, {
        width: softValue.x.length,
        height: softValue.y.length,
        ...sampleEdges(softValue),
        thresholds: [...levels.thresholds],
        // Named, or Plot takes the colours for the values.
        value: (value: number) => value,
        fill: { transform: () => [...levels.colors] },
        stroke: '#38506b',
        strokeOpacity: 0.35,
        strokeWidth: 0.6,
        clip: true,
      }),
      // All halos lie below all lines: a halo per line would paint a bundle of lines white.
      line(points, { ...path, stroke: 'white', strokeWidth: 2.6, strokeOpacity: 0.5 }),
      line(points, { ...path, stroke: 'color', strokeWidth: 1, strokeOpacity: 0.65 }),
      dot(starts, {
        x: 'x',
        y: 'y',
        r: 1.8,
        fill: '#111',
        stroke: 'white',
        strokeWidth: 0.5,
        className: 'starts',
      }),
      dot(goals, {
        x: 'x',
        y: 'y',
        r: (goalRadius / (2 * bounds)) * side,
        stroke: '#111',
        strokeWidth: 1.6,
        clip: true,
        className: 'goals',
      }),
      text(labels, {
        x: 'x',
        y: 'y',
        text: 'label',
        fill: 'color',
        stroke: 'white',
        strokeWidth: 4,
        fontWeight: 700,
        fontSize: 13,
      }),
      frame({ stroke: 'currentColor', strokeOpacity: 0.6 }),
      axisX({ ticks, label: 'position x', labelAnchor: 'center', labelArrow: 'none', labelOffset: 38 }),
      axisY({ ticks, label: 'position y', labelAnchor: 'center', labelArrow: 'none', labelOffset: 42 }),
    ],
  });
}

/** A horizontal bar with one box per contour band, as wide as its range of values. */
function valueLegend({ thresholds, colors, high, ticks }: Levels): Html {
  const boxes = thresholds.map((from, index) => ({
    from,
    to: thresholds[index + 1] ?? high,
    color: colors[index],
  }));
  return renderFigure({
    id: 'soft-value-legend',
    alt: 'Colours of the soft value',
    width: size,
    height: 50,
    marginTop: 20,
    marginRight: margin.right,
    marginBottom: 20,
    marginLeft: margin.left,
    x: { domain: [thresholds[0] ?? 0, high], label: null },
    y: { axis: null },
    marks: [
      rect(boxes, { x1: 'from', x2: 'to', fill: 'color', stroke: '#38506b', strokeOpacity: 0.35 }),
      axisX({
        ticks: [...ticks.values],
        tickSize: 4,
        tickFormat: (value: number) => formatTick(value, ticks.distance),
      }),
      text(['soft value V(s)'], { frameAnchor: 'top-left', dy: -17, fontWeight: 600 }),
    ],
  });
}

interface Levels {
  /** Ascending; the first is at or below the lowest value, so that the bands cover the panel. */
  readonly thresholds: readonly number[];
  /** The colour of the band that begins at each threshold. */
  readonly colors: readonly string[];
  /** Where the last band ends. */
  readonly high: number;
  /** Edges of bands that are labelled, at this distance. */
  readonly ticks: { readonly values: readonly number[]; readonly distance: number };
}

function contourLevels(values: Float64Array): Levels {
  const finite = values.filter((value) => Number.isFinite(value));
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  if (finite.length === 0)
    throw new Error('soft value figure: no value is finite. The network has diverged.');
  const step = roundStep((high - low) / 14);
  const first = Math.floor(low / step);
  const count = Math.max(1, Math.ceil(high / step) - first);
  const edges = Array.from({ length: count + 1 }, (_, index) => first + index);
  // Each second one, so that labels don't touch.
  const every = count > 1 ? 2 : 1;
  return {
    thresholds: edges.slice(0, -1).map((edge) => edge * step),
    colors: Array.from({ length: count }, (_, index) => rampColor((index + 0.5) / count)),
    high: (first + count) * step,
    ticks: {
      values: edges.filter((edge) => edge % every === 0).map((edge) => edge * step),
      distance: every * step,
    },
  };
}

/** The nearest of 1, 2, 2.5, 5 times a power of ten at or above `step`; 1 for a constant function. */
function roundStep(step: number): number {
  if (step <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10);
}

function rampColor(position: number): string {
  const place = position * (valueColors.length - 1);
  const index = Math.min(Math.floor(place), valueColors.length - 2);
  const [from, to] = [valueColors[index], valueColors[index + 1]];
  if (!from || !to) throw new RangeError(`no colour at ${position}: the ramp goes from 0 to 1.`);
  const mixed = from.map((channel, k) => Math.round(channel + (place - index) * ((to[k] ?? 0) - channel)));
  return `rgb(${mixed.join(',')})`;
}

/** The grid's outline with each sample at the middle of its cell, which is where contours take samples to be. */
function sampleEdges({ x, y }: Grid) {
  const [x1, x2] = outerEdges(x);
  const [y1, y2] = outerEdges(y);
  return { x1, x2, y1, y2 };
}

function outerEdges(samples: readonly number[]): [number, number] {
  const [first = 0, last = 0] = [samples[0], samples.at(-1)];
  const half = (last - first) / (samples.length - 1) / 2;
  return [first - half, last + half];
}
