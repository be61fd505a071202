import { formatTable } from '../cli/table.ts';
import type { LoopResult } from './loop-comparison.ts';
import type { SizeResult } from './measure.ts';
import { sumBy } from './phases.ts';
import type { ProfileRow } from './phases.ts';
import type { Roofline } from './roofline.ts';
import type { Soak } from './soak.ts';
import type { Timing } from './statistics.ts';

const row = (what: string, name: string, { median, p10, p90 }: Timing, ratio: number): string[] => [
  what,
  name,
  median.toFixed(3),
  p10.toFixed(3),
  p90.toFixed(3),
  ratio.toFixed(2),
];

const threadsText = (threads: number): string => `${threads} ${threads === 1 ? 'thread' : 'threads'}`;

/** Tables as `speed` prints them. */
export function sizeText(result: SizeResult): string {
  const { observationSize, actionSize, threads, batchSize, update, action, replaySample } = result;
  return [
    `observation ${observationSize}, action ${actionSize}, ${threadsText(threads)}`,
    '',
    formatTable(
      ['milliseconds', '', 'median', '10 %', '90 %', 'ratio'],
      [
        ...update.map((own) => row(`update, batch ${batchSize}`, own.name, own.milliseconds, own.ratio)),
        ...action.map((own) =>
          row(
            `${own.deterministic ? 'deterministic' : 'sampled'} action, batch ${own.rows}`,
            own.name,
            own.milliseconds,
            own.ratio,
          ),
        ),
        row(`replay sample, batch ${batchSize}`, 'meow-rl', replaySample, 1),
      ],
    ),
  ].join('\n');
}

export const loopText = (loops: readonly LoopResult[], threads: number): string =>
  [
    `whole loop on HalfCheetah-v5, one update per step, ${threadsText(threads)}`,
    '',
    formatTable(
      ['', 'steps/s', 'ours over it'],
      loops.map(({ name, stepsPerSecond, ratio }) => [name, stepsPerSecond.toFixed(1), ratio.toFixed(2)]),
    ),
  ].join('\n');

/** Operators below this share of the whole are left out of the text. */
const SHOWN = 0.01;

export function profileText(rows: readonly ProfileRow[]): string {
  const all = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const table = (what: string, sums: readonly (readonly [string, number])[]): string =>
    formatTable(
      [what, 'ms', '%'],
      sums.map(([name, ms]) => [name, ms.toFixed(3), ((100 * ms) / all).toFixed(1)]),
    );
  return [
    `kernels of an update, with profiling on: ${all.toFixed(2)} ms`,
    table('phase', sumBy(rows, 'phase')),
    table('operator', sumBy(rows, 'operator')),
    formatTable(
      ['phase', 'operator', 'nodes', 'ms'],
      rows
        .filter(({ milliseconds }) => milliseconds >= SHOWN * all)
        .map(({ phase, operator, nodes, milliseconds }) => [phase, operator, nodes, milliseconds.toFixed(3)]),
    ),
  ].join('\n\n');
}

const mega = (x: number): string => (x / 1e6).toFixed(1);
const giga = (x: number): string => (x / 1e9).toFixed(1);

export const rooflineText = (own: Roofline, updateMilliseconds: number): string =>
  [
    `${own.products} matrix products, ${mega(own.flops)} Mflop; ${mega(own.compulsoryBytes)} MB in and out, ${mega(own.operatorBytes)} MB between operators`,
    formatTable(
      ['products', 'Gflop/s'],
      own.rates.map(({ shape, flopsPerSecond }) => [shape, giga(flopsPerSecond)]),
    ),
    `memory ${giga(own.bytesPerSecond)} GB/s; bound ${own.bound.toFixed(2)} ms; the update takes ${(updateMilliseconds / own.bound).toFixed(2)} times that`,
  ].join('\n\n');

export const soakText = (own: Soak): string =>
  `${own.updates} updates in ${own.seconds.toFixed(0)} s: resident memory grew by ${mega(own.residentGrowth)} MB, the heap by ${mega(own.heapGrowth)} MB; garbage collection took ${(100 * own.garbageCollectionShare).toFixed(2)} % of the time`;
