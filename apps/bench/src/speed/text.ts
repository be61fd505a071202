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
  const { algorithm, observationSize, actionSize, threads, batchSize, update, action, replaySample } = result;
  return [
    `${algorithm}: observation ${observationSize}, action ${actionSize}, ${threadsText(threads)}`,
    '',
    formatTable(
      ['milliseconds', '', 'median', '10 %', '90 %', 'ratio'],
      [
        ...update.map(({ name, milliseconds, ratio }) =>
          row(`update, batch ${batchSize}`, name, milliseconds, ratio),
        ),
        ...action.map(({ name, rows, deterministic, milliseconds, ratio }) =>
          row(
            `${deterministic ? 'deterministic' : 'sampled'} action, batch ${rows}`,
            name,
            milliseconds,
            ratio,
          ),
        ),
        ...(replaySample ? [row(`replay sample, batch ${batchSize}`, 'meow-rl', replaySample, 1)] : []),
      ],
    ),
  ].join('\n');
}

export const loopText = (
  loops: readonly LoopResult[],
  { algorithm, threads, schedule }: Pick<SizeResult, 'algorithm' | 'threads'> & { readonly schedule: string },
): string =>
  [
    `${algorithm}: whole loop on HalfCheetah-v5, ${schedule}, ${threadsText(threads)}`,
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

export const rooflineText = (
  { products, flops, compulsoryBytes, operatorBytes, rates, bytesPerSecond, bound }: Roofline,
  updateMilliseconds: number,
): string =>
  [
    `${products} matrix products, ${mega(flops)} Mflop; ${mega(compulsoryBytes)} MB in and out, ${mega(operatorBytes)} MB between operators`,
    formatTable(
      ['products', 'Gflop/s'],
      rates.map(({ shape, flopsPerSecond }) => [shape, giga(flopsPerSecond)]),
    ),
    `memory ${giga(bytesPerSecond)} GB/s; bound ${bound.toFixed(2)} ms; the update takes ${(updateMilliseconds / bound).toFixed(2)} times that`,
  ].join('\n\n');

export const soakText = ({
  updates,
  seconds,
  residentGrowth,
  heapGrowth,
  garbageCollectionShare,
}: Soak): string =>
  `${updates} updates in ${seconds.toFixed(0)} s: resident memory grew by ${mega(residentGrowth)} MB, the heap by ${mega(heapGrowth)} MB; garbage collection took ${(100 * garbageCollectionShare).toFixed(2)} % of the time`;
