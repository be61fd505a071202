import type { TransitionSizes } from './transition-batch.ts';

/** The columns of a rollout that hold numbers. */
export const COLUMNS = ['observations', 'actions', 'logProbs', 'values', 'rewards', 'nextValues'] as const;

/** One of {@link COLUMNS}. */
export type RolloutColumn = (typeof COLUMNS)[number];

/** Entries of a row of each column. */
export type ColumnWidths = Readonly<Record<RolloutColumn, number>>;

/** One of each. */
export const ONES: ColumnWidths = {
  observations: 1,
  actions: 1,
  logProbs: 1,
  values: 1,
  rewards: 1,
  nextValues: 1,
};

/** Options of `rolloutBuffer`. */
export interface RolloutBufferOptions extends TransitionSizes {
  /** T, transitions of each sub-environment. */
  readonly steps: number;
  /** N, sub-environments. */
  readonly numEnvs: number;
}

/** What a policy knew when it acted, and what it says of where that led. */
export interface ActedValues {
  /** [N], log π(a|s) of each sub-environment's action. */
  readonly logProbs: ArrayLike<number>;
  /** [N], V(s). */
  readonly values: ArrayLike<number>;
  /** [n], by transition: V of the last observation of an episode that was truncated; other entries aren't read. */
  readonly finalValues: ArrayLike<number>;
}

/** What a `RolloutBuffer` holds, to be saved. */
export interface RolloutBufferState extends RolloutBufferOptions {
  /** [N], transitions held of each sub-environment. */
  readonly counts: readonly number[];
  /** [N], 1 where the value behind the newest transition isn't known yet. */
  readonly awaited: readonly number[];
  /** Whether the rows that haven't begun hold observations of the rollout before. */
  readonly hasEarlier?: boolean;
  /** [rows], of the steps that have begun, 1 where the task ended and where the episode did. */
  readonly flags: { readonly terminated: readonly number[]; readonly done: readonly number[] };
  /** Rows of the steps that have begun; of the observations also those of the rollout before that are not overwritten yet. */
  readonly columns: Readonly<Record<RolloutColumn, Float32Array>>;
}
