import { decodeNumbers, encodeNumbers, type VectorEnv, type VectorStepResult } from '@meow-rl/envs';
import type { Transitions } from '@meow-rl/replay';

import { checkVectorReset, checkVectorStep, finiteReward } from './check-vector-results.ts';

/** What one step of a vector environment brought. */
export interface Collected {
  /**
   * The transitions in row order, without the rows that only reset; the arrays are reused. `actions` is what replay keeps of
   * them.
   */
  readonly transitions: Transitions;
  /** [count], the row of the vector environment that each transition is of. */
  readonly rows: Int32Array;
  /** [count], 1 where the episode ended, by termination or truncation. */
  readonly done: Uint8Array;
  /** Steps that are left out of the transitions though they were experienced; absent where there are none. */
  readonly lost?: LostSteps;
}

/** Steps that truncated an episode whose last observation a simulator lost. */
export interface LostSteps {
  /** [count], the rows that they are of, whose episodes have ended. */
  readonly rows: Int32Array;
  /** [count] */
  readonly rewards: Float64Array;
}

/** Turns the steps of a vector environment into transitions, whatever its autoreset mode. */
export interface TransitionCollector {
  /** [n, obs], what the next actions are to be chosen for; reused. */
  readonly observations: Float32Array;
  /** Begins a run: every row starts its first episode, seeded from `seed` on. */
  reset(seed: number): Promise<void>;
  /**
   * Steps the environment by [n, act] actions, and begins new episodes where the mode leaves that to the caller.
   *
   * @param replayed [n, size], what replay keeps of these actions. Default: the actions
   * @throws RangeError if `replayed` is of another size
   */
  step(actions: Float32Array, replayed?: Float32Array): Promise<Collected>;
  /** A copy of what the next step depends on beside the environment's own state, as plain JSON. */
  state(): CollectorState;
  /** Goes on from a saved state; the environment is restored by whoever saved it. */
  restore(state: CollectorState): void;
}

/** What a {@link TransitionCollector} remembers between steps. */
export interface CollectorState {
  /** [n, obs], what the next actions are to be chosen for, encoded: JSON would lose the sign of −0. */
  readonly observations: string;
  /** [n], 1 where the episode ended at the step before. */
  readonly ended: readonly number[];
}

/**
 * The one place that knows the autoreset modes.
 *
 * The next observation of a transition is the last one of its episode where that ended, never the first of the next
 * episode: a learner bootstraps from it after truncation. `terminated` alone marks where nothing follows. In
 * `next-step` mode the step after an end only resets, in `reset-then-step` mode it begins from an observation that is never seen:
 * it is no transition and is left out.
 *
 * Where a simulator lost the last observation, a truncated step is left out too: its value target needs that observation, and any other,
 * as the first one of the next episode, would be a wrong number that looks like a right one. What came before it stays, so that n-step returns
 * end one step earlier. After termination nothing is bootstrapped: the transition stays, with the observation that it began from as the next one.
 *
 * @param replayedSize entries of what replay keeps of an action. Default: those of the action
 * @param where begins messages: the loop
 */
export function transitionCollector(
  env: VectorEnv,
  replayedSize: number = env.singleActionSpace.size,
  where = 'trainOffPolicy',
): TransitionCollector {
  const { numEnvs, autoresetMode } = env;
  const width = env.singleObservationSpace.size;
  const current = new Float32Array(numEnvs * width);
  const observations = new Float32Array(numEnvs * width);
  const nextObservations = new Float32Array(numEnvs * width);
  const actions = new Float32Array(numEnvs * replayedSize);
  const rewards = new Float64Array(numEnvs);
  const terminated = new Uint8Array(numEnvs);
  const done = new Uint8Array(numEnvs);
  const rows = new Int32Array(numEnvs);
  // [n], 1 where the episode ended at the step before.
  const ended = new Uint8Array(numEnvs);
  const skipsAfterEnd = autoresetMode === 'next-step' || autoresetMode === 'reset-then-step';

  /** Writes the transition of `row` as the one with index `to`. */
  const collect = (row: number, to: number, replayed: Float32Array, result: VectorStepResult) => {
    const isTerminated = result.terminated[row] === 1;
    const isDone = isTerminated || result.truncated[row] === 1;
    copyRow(current, row, observations, to, width);
    copyRow(replayed, row, actions, to, replayedSize);
    const isLost = isDone && result.finalObservationUnknown?.[row] === 1;
    const ending = isLost ? current : result.finalObservations;
    copyRow(isDone ? ending : result.observations, row, nextObservations, to, width);
    rewards[to] = finiteReward(env, row, result.rewards[row], where);
    terminated[to] = Number(isTerminated);
    done[to] = Number(isDone);
    rows[to] = row;
    ended[row] = Number(isDone);
  };

  return {
    observations: current,
    state: () => ({ observations: encodeNumbers(current), ended: [...ended] }),
    restore(state) {
      const saved = decodeNumbers(state.observations, `${where}: the saved observations`);
      checkLength('observations', saved, current.length, where);
      checkLength('ended', state.ended, ended.length, where);
      current.set(saved);
      ended.set(state.ended);
    },
    async reset(seed) {
      ended.fill(0);
      current.set(checkVectorReset(env, await env.reset({ seed }), where).observations);
    },
    async step(taken, replayed = taken) {
      checkReplayed(replayed, numEnvs, replayedSize, where);
      const result = checkVectorStep(env, await env.step(taken), where);
      let count = 0;
      const lostRows: number[] = [];
      for (let row = 0; row < numEnvs; row += 1) {
        if (skipsAfterEnd && ended[row] === 1) {
          ended[row] = (result.terminated[row] ?? 0) | (result.truncated[row] ?? 0);
          continue;
        }
        if (isLostTruncation(result, row)) {
          lostRows.push(row);
          ended[row] = 1;
          continue;
        }
        collect(row, count, replayed, result);
        count += 1;
      }
      const mustReset = autoresetMode === 'disabled' && ended.includes(1);
      const next = mustReset ? checkVectorReset(env, await env.reset({ mask: ended }), where) : result;
      current.set(next.observations);
      return {
        transitions: {
          observations: observations.subarray(0, count * width),
          actions: actions.subarray(0, count * replayedSize),
          rewards: rewards.subarray(0, count),
          nextObservations: nextObservations.subarray(0, count * width),
          terminated: terminated.subarray(0, count),
        },
        rows: rows.subarray(0, count),
        done: done.subarray(0, count),
        ...(lostRows.length > 0 && {
          lost: {
            rows: Int32Array.from(lostRows),
            rewards: Float64Array.from(lostRows, (row) => finiteReward(env, row, result.rewards[row], where)),
          },
        }),
      };
    },
  };
}

/** Whether a row was truncated, and what its value would be bootstrapped from is unknown. */
const isLostTruncation = (
  { terminated, truncated, finalObservationUnknown }: VectorStepResult,
  row: number,
): boolean => finalObservationUnknown?.[row] === 1 && truncated[row] === 1 && terminated[row] !== 1;

function checkLength(name: string, values: ArrayLike<number>, expected: number, where: string): void {
  if (values.length === expected) return;
  throw new RangeError(
    `${where}: the saved ${name} have ${values.length} entries, expected ${expected}. ` +
      'Resume with the environment, and as many of it, that the run was begun with.',
  );
}

function checkReplayed(replayed: Float32Array, rows: number, size: number, where: string): void {
  if (replayed.length === rows * size) return;
  throw new RangeError(
    `${where}: what replay keeps of ${rows} actions has ${replayed.length} entries, expected ${rows * size}, ` +
      `${size} per action. Look at the agent's replayed.`,
  );
}

function copyRow(
  from: Float32Array | Float64Array,
  fromRow: number,
  into: Float32Array,
  intoRow: number,
  width: number,
): void {
  for (let i = 0; i < width; i += 1) {
    into[intoRow * width + i] = from[fromRow * width + i] ?? Number.NaN;
  }
}
