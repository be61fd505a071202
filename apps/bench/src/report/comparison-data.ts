import type { Comparison } from '../compare/analyse.ts';
import type { RunGroup } from '../compare/group-runs.ts';
import type { LeftOut } from '../compare/left-out.ts';
import type { TableOptions } from '../compare/tables.ts';
import type { Robustness } from '../robustness/measure.ts';
import type { Machine } from './machine.ts';

/** Everything that the report of a comparison shows. */
export interface ComparisonReport {
  readonly title: string;
  /** What was compared and why, a sentence or two. */
  readonly lead: string;
  /** The command that made the report. */
  readonly command: string;
  /** Of returns with deterministic actions. */
  readonly deterministic: Comparison;
  /** Of returns with sampled actions; absent where runs have none. */
  readonly sampled?: Comparison;
  /** The runs behind it. */
  readonly groups: readonly RunGroup[];
  /** Those of them that have returns of sampled actions, with these. */
  readonly sampledGroups: readonly RunGroup[];
  readonly options: Omit<TableOptions, 'stochastic'> & {
    readonly smooth: number;
    readonly resamples: number;
  };
  /** Absent where no policies were played with noise. */
  readonly robustness?: Robustness;
  /** What the reader should know of some runs. */
  readonly notes: readonly { readonly folder: string; readonly note: string }[];
  readonly leftOut: readonly LeftOut[];
  /** The machine that made the report. */
  readonly machine: Machine;
}
