/** Sizes of one transition. */
export interface TransitionSizes {
  /** Entries of an observation. */
  readonly observationSize: number;
  /** Entries of an action. */
  readonly actionSize: number;
}

/**
 * n transitions as flat rows of float32, ready to be the inputs of a tensor program.
 *
 * `n` is `rewards.length`. Entry j of row i is at `i * size + j`.
 */
export interface TransitionBatch {
  /** [n, obs], where the action was taken. */
  readonly observations: Float32Array;
  /** [n, act] */
  readonly actions: Float32Array;
  /** [n] */
  readonly rewards: Float32Array;
  /** [n, obs], where it led; the last observation of the episode if it ended there. */
  readonly nextObservations: Float32Array;
  /** [n], 1 where the task ended at `nextObservations`, so that nothing follows; 0 elsewhere, truncation included. */
  readonly terminated: Float32Array;
}

/** The name of a column of transitions. */
export type TransitionField = keyof TransitionBatch;

/** Transitions as they come from environments: the fields of a {@link TransitionBatch} in any float width, or flags in bytes. */
export type Transitions = {
  readonly [Field in TransitionField]: Float32Array | Float64Array | Uint8Array;
};

/** The fields in the order of a transition, each with its entries per row. */
export const transitionFields = ({
  observationSize,
  actionSize,
}: TransitionSizes): readonly (readonly [TransitionField, number])[] => [
  ['observations', observationSize],
  ['actions', actionSize],
  ['rewards', 1],
  ['nextObservations', observationSize],
  ['terminated', 1],
];

/** A batch of `n` rows of zeros. */
export function emptyBatch(n: number, { observationSize, actionSize }: TransitionSizes): TransitionBatch {
  return {
    observations: new Float32Array(n * observationSize),
    actions: new Float32Array(n * actionSize),
    rewards: new Float32Array(n),
    nextObservations: new Float32Array(n * observationSize),
    terminated: new Float32Array(n),
  };
}
