import type { AutoresetMode } from './autoreset-mode.ts';
import type { Box } from './box.ts';
import type { EnvState, Info } from './env.ts';

/** A value, or a promise of it from an environment that runs elsewhere. */
export type Awaitable<T> = T | Promise<T>;

/** What {@link VectorEnv.reset} may be asked for. */
export interface VectorResetRequest {
  /** Sub-environment i is seeded with `seed + i`; without it, each goes on with its own generator. */
  readonly seed?: number;
  /** [n], non-zero or true where to reset; the rows of the others stay as they are. Default: all. */
  readonly mask?: ArrayLike<number | boolean>;
}

/** The observations after a reset. The arrays are reused: they hold until the next call. */
export interface VectorResetResult {
  /** [n, obs] */
  readonly observations: Float64Array;
  /** [n]; those of rows that weren't reset are from before. */
  readonly infos: readonly Info[];
}

/** One step of every sub-environment. The arrays are reused: they hold until the next call. */
export interface VectorStepResult {
  /** [n, obs], what the next actions are to be chosen for (in `disabled` mode, of the rows still running). */
  readonly observations: Float64Array;
  /** [n] */
  readonly rewards: Float64Array;
  /** [n] of 0 or 1 */
  readonly terminated: Uint8Array;
  /** [n] of 0 or 1 */
  readonly truncated: Uint8Array;
  /** [n, obs], in every mode the last observation of the episode in rows where a flag is set; other rows mean nothing. */
  readonly finalObservations: Float64Array;
  /**
   * [n], 1 in rows that ended and whose last observation a simulator lost: their row of `finalObservations` means nothing
   * either, so no value may be bootstrapped from it. Absent: all are known.
   */
  readonly finalObservationUnknown?: Uint8Array;
  /** [n], of this row's step; in `same-step` mode too, the info is the one of the step and not of the reset. */
  readonly infos: readonly Info[];
}

/** The state of one row of a vector environment. */
export interface RowState {
  readonly env: EnvState;
  /** Whether its episode is over and the next one hasn't begun. */
  readonly resetPending: boolean;
  /** [obs] its last observation, as text. */
  readonly observation: string;
}

/**
 * All that a vector environment needs to go on exactly where it stood, as plain data. It says nothing about threads: a
 * state taken with two workers continues with four, or in one thread.
 */
export interface VectorEnvState {
  readonly of: string;
  readonly autoresetMode: AutoresetMode;
  /** One per sub-environment. */
  readonly rows: readonly RowState[];
  /** What a simulator that holds all rows gave for them together, in base64. Absent: each row has its state. */
  readonly simulator?: string;
}

/**
 * n environments of one kind that step together. Rows are flat: entry j of row i is at `i * size + j`.
 *
 * Reference: gymnasium.vector.VectorEnv and gymnasium.vector.AutoresetMode.
 */
export interface VectorEnv {
  /** Id of the sub-environments. */
  readonly id: string;
  readonly numEnvs: number;
  readonly autoresetMode: AutoresetMode;
  readonly singleObservationSpace: Box;
  readonly singleActionSpace: Box;
  /**
   * Begins an episode in every sub-environment, or in those of `mask`. A reset that throws in one row may have begun
   * episodes in others; reset again before going on.
   */
  reset(request?: VectorResetRequest): Awaitable<VectorResetResult>;
  /**
   * Advances every sub-environment by its row of `actions`.
   *
   * @param actions [n, act], finite; rows that only reset are ignored
   * @throws RangeError for a wrong size or a number that isn't finite, before anything has moved
   */
  step(actions: ArrayLike<number>): Awaitable<VectorStepResult>;
  /** Closes every sub-environment, then throws what the first one threw that can't be closed. */
  close(): Awaitable<void>;
  /**
   * All that later calls depend on, in any autoreset mode and between episodes too, as plain data.
   *
   * @throws Error if the sub-environments don't offer it
   */
  state(): Awaitable<VectorEnvState>;
  /**
   * Goes on from what {@link VectorEnv.state} gave, here or in another instance: the same actions then give the same
   * bits. A state that is refused in one row may have been put back in others; restore or reset before going on.
   *
   * @returns the last observations of then, for which the next actions are to be chosen; infos are empty
   * @throws TypeError for a state that is damaged, of another environment, number of rows or autoreset mode
   */
  restore(state: VectorEnvState): Awaitable<VectorResetResult>;
}
