/** Sizes of one transition. */
export interface TransitionSizes {
  /** Entries of an observation. */
  readonly observationSize: number;
  /** Entries of an action. */
  readonly actionSize: number;
}

/** The name of a column of transitions. */
export type TransitionField = 'observations' | 'actions' | 'rewards' | 'nextObservations' | 'terminated';

/**
 * n transitions as flat rows of float32.
 *
 * `n` is `rewards.length`. Entry j of row i is at `i * size + j`.
 */
export interface TransitionRows {
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

/**
 * n transitions to learn from, ready to be the inputs of a tensor program.
 *
 * From a buffer with `nStep` a transition spans m steps: `rewards` is the discounted sum of m rewards, `nextObservations`
 * and `terminated` are those after the last one; otherwise m is 1. What a buffer's options don't call for is absent.
 */
export interface TransitionBatch extends TransitionRows {
  /** [n], γ^m (1 − terminated), the factor of the value at `nextObservations`. */
  readonly discounts: Float32Array;
  /** [n], with `prioritized`: the importance weight of the transition's loss, in (0, 1]. */
  readonly weights?: Float32Array;
  /**
   * [n], with `prioritized`: which transitions these are, for {@link ReplayBuffer.updatePriorities}. Transitions are
   * numbered from 0 in the order they were added, and never anew.
   */
  readonly indices?: Float64Array;
}

/** The fields of a batch that only some buffers fill. */
export type BatchExtra = 'weights' | 'indices';

/** Transitions as they come from environments: {@link TransitionRows} in any float width, or flags in bytes. */
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

/** `n` transitions of zeros. */
export const emptyTransitions = (
  n: number,
  { observationSize, actionSize }: TransitionSizes,
): TransitionRows => ({
  observations: new Float32Array(n * observationSize),
  actions: new Float32Array(n * actionSize),
  rewards: new Float32Array(n),
  nextObservations: new Float32Array(n * observationSize),
  terminated: new Float32Array(n),
});

/**
 * A batch of `n` rows of zeros.
 *
 * @param extras the fields besides those of every batch: `extras` of the buffer that is to fill it
 */
export function emptyBatch(
  n: number,
  sizes: TransitionSizes,
  extras: readonly BatchExtra[] = [],
): TransitionBatch {
  return {
    ...emptyTransitions(n, sizes),
    discounts: new Float32Array(n),
    ...(extras.includes('weights') && { weights: new Float32Array(n) }),
    ...(extras.includes('indices') && { indices: new Float64Array(n) }),
  };
}
