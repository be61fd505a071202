import type { Box } from './box.ts';

/** What an environment tells besides the numbers an agent learns from; for logs and plots. */
export type Info = Readonly<Record<string, unknown>>;

/** What {@link Env.reset} may be asked for. */
export interface ResetRequest {
  /** Starts the environment's generator afresh; without it, the generator goes on from where it was. */
  readonly seed?: number;
  /** What the particular environment offers, such as a start position. */
  readonly options?: object;
}

/** The first observation of an episode. */
export interface ResetResult<I extends Info = Info> {
  /** [obs] finite 32-bit floats, a new array that the caller may keep. */
  readonly observation: Float64Array;
  readonly info: I;
}

/** One transition. */
export interface StepResult<I extends Info = Info> {
  /** [obs] finite 32-bit floats, a new array that the caller may keep. */
  readonly observation: Float64Array;
  /** A finite 32-bit float. */
  readonly reward: number;
  /** The task ended here: nothing can be earned from this state on, so a value estimate must not bootstrap from it. */
  readonly terminated: boolean;
  /** The episode was cut off here, as by a time limit: a value estimate must bootstrap. Both flags may be set. */
  readonly truncated: boolean;
  readonly info: I;
}

/** Data that JSON gives back unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** All that an environment needs to go on exactly where it stood, as plain data. Made to be kept, not to be read. */
export interface EnvState {
  /** Whose state it is: the environment's id, or a wrapper's name and the id. */
  readonly of: string;
  /** What belongs to that environment or wrapper alone. */
  readonly own: Json;
  /** The state of the environment inside, for a wrapper. */
  readonly inner?: EnvState;
}

/**
 * One environment, with the semantics of Gymnasium 1.0 and later.
 *
 * An episode begins with `reset` and goes on until a step sets `terminated` or `truncated`. Stepping before the first
 * reset, after the end of an episode, or after `close` throws. Vector environments and evaluations refuse results that aren't
 * what is said here.
 *
 * Reference: gymnasium.Env.
 */
export interface Env {
  /** Name and version of the task, e.g. `MultiGoal-v0`; begins every error message. */
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  /**
   * Begins an episode. Give a seed once, at the first reset: then every episode differs and the whole repeats.
   *
   * A reset that throws leaves no episode, neither the one it was to begin nor one that was running, which it may have
   * changed already: `step` throws until a reset succeeds.
   */
  reset(request?: ResetRequest): ResetResult;
  /**
   * Advances by one action.
   *
   * @param action [act] finite numbers; the environment says what it does with those outside its space. Callers reuse the array, as
   * vector environments and wrappers do: copy it to keep it beyond the step.
   * @throws RangeError if `action` has the wrong size or an entry that isn't finite
   */
  step(action: ArrayLike<number>): StepResult;
  /** Frees what the environment holds. Closing twice is fine. */
  close(): void;
  /**
   * All that later calls depend on, before, in or between episodes, as plain data. May be left out by an environment
   * that can't say it: then training works, and continuing a saved run doesn't.
   */
  state?(): EnvState;
  /**
   * Goes on from what {@link Env.state} gave, here or in another instance: the same calls then give the same bits.
   *
   * @throws TypeError for a state that is damaged or of another environment; nothing has changed then
   */
  restore?(state: EnvState): void;
}
