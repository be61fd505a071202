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
