import { checkPositive } from './check-options.ts';
import {
  checkActed,
  checkFollowing,
  checkOrigins,
  checkRolloutState,
  missingValues,
} from './check-rollout.ts';
import { checkTransitions } from './check-transitions.ts';
import type { TransitionOrigins } from './episode-links.ts';
import { COLUMNS, ONES } from './rollout-state.ts';
import type {
  ActedValues,
  ColumnWidths,
  RolloutBufferOptions,
  RolloutBufferState,
  RolloutColumn,
} from './rollout-state.ts';
import type { Rollout } from './rollout.ts';
import type { Transitions } from './transition-batch.ts';

/** Transitions of one policy, collected until there are T of each sub-environment. */
export interface RolloutBuffer extends RolloutBufferOptions {
  /** Transitions held. */
  readonly size: number;
  /** Whether each sub-environment has its T transitions. */
  readonly isFull: boolean;
  /**
   * [n, obs], the observations of the newest transitions, those of the rollout before first. A copy.
   *
   * @param rows at most as many
   */
  newestObservations(rows: number): Float32Array;
  /**
   * Gives the values of the observations that follow the newest transitions, where their episodes go on: those that the next
   * actions are chosen for.
   *
   * @param values [N], V(s) of each sub-environment's present observation
   * @throws RangeError unless there are so many finite numbers
   */
  follow(values: ArrayLike<number>): void;
  /**
   * Adds the transitions of one step of the vector environment, at most one of each sub-environment. Of one that has its T
   * transitions already, while others that had to reset have not, they are passed over.
   *
   * @throws RangeError for a field of another size, a number that isn't finite, a flag that is not 0 or 1, a termination that does
   *   not end its episode, two transitions of one sub-environment, or if `follow` was not called since the step before; then nothing
   *   is added
   */
  add(transitions: Transitions, origins: TransitionOrigins, acted: ActedValues): void;
  /**
   * What was collected, whose arrays hold until the next `add`.
   *
   * @throws RangeError unless the buffer is full, and `follow` was called
   */
  rollout(): Rollout;
  /** Begins the next rollout. */
  clear(): void;
  /** A copy of everything. */
  state(): RolloutBufferState;
  /**
   * Puts a saved state back.
   *
   * @throws RangeError if it is of another buffer or damaged; then nothing changes
   */
  restore(state: RolloutBufferState): void;
}

/**
 * A buffer for T steps of N sub-environments, [T, N] in float32, allocated at once.
 *
 * @throws RangeError unless the sizes are positive integers
 */
export function rolloutBuffer(options: RolloutBufferOptions): RolloutBuffer {
  const { steps, numEnvs, observationSize, actionSize } = options;
  const sizes = { observationSize, actionSize };
  for (const [name, value] of Object.entries({ steps, numEnvs, ...sizes }))
    checkPositive(`${name} of a rollout is ${String(value)}`, value);
  const capacity = steps * numEnvs;
  const widths: ColumnWidths = { ...ONES, observations: observationSize, actions: actionSize };
  const column = (name: RolloutColumn) => new Float32Array(capacity * widths[name]);
  const held = {
    observations: column('observations'),
    actions: column('actions'),
    logProbs: column('logProbs'),
    values: column('values'),
    rewards: column('rewards'),
    nextValues: column('nextValues'),
  };
  const terminated = new Uint8Array(capacity);
  const done = new Uint8Array(capacity);
  const counts = new Int32Array(numEnvs);
  const awaited = new Uint8Array(numEnvs);
  // Of the rollout before, whose observations stay until they are overwritten.
  let hasEarlier = false;

  const size = () => counts.reduce((total, count) => total + count, 0);
  const isFull = () => counts.every((count) => count === steps);
  const isBegun = (entry: number) => Math.floor(entry / numEnvs) < (counts[entry % numEnvs] ?? 0);
  const begunRows = () => numEnvs * counts.reduce((most, count) => Math.max(most, count), 0);

  return {
    ...options,
    get size() {
      return size();
    },
    get isFull() {
      return isFull();
    },
    newestObservations(rows) {
      const entries = Array.from({ length: hasEarlier ? capacity : begunRows() }, (_, entry) => entry);
      const earlier = hasEarlier ? entries.filter((entry) => !isBegun(entry)) : [];
      const known = [...earlier, ...entries.filter(isBegun)];
      const newest = known.slice(Math.max(0, known.length - rows));
      const out = new Float32Array(newest.length * observationSize);
      for (const [i, entry] of newest.entries()) copyRow(held.observations, entry, out, i, observationSize);
      return out;
    },
    follow(values) {
      checkFollowing(values, numEnvs);
      for (let row = 0; row < numEnvs; row += 1) {
        if (awaited[row] === 0) continue;
        held.nextValues[((counts[row] ?? 0) - 1) * numEnvs + row] = values[row] ?? Number.NaN;
        awaited[row] = 0;
      }
    },
    add(transitions, { rows, done: ended }, acted) {
      const count = checkTransitions(transitions, sizes);
      checkOrigins({ rows, ended, terminated: transitions.terminated }, count, numEnvs);
      checkActed(acted, count, numEnvs);
      if (awaited.includes(1)) throw missingValues('add');
      for (let i = 0; i < count; i += 1) {
        const row = rows[i] ?? 0;
        const step = counts[row] ?? 0;
        if (step === steps) continue;
        const to = step * numEnvs + row;
        copyRow(transitions.observations, i, held.observations, to, observationSize);
        copyRow(transitions.actions, i, held.actions, to, actionSize);
        held.rewards[to] = transitions.rewards[i] ?? Number.NaN;
        held.logProbs[to] = acted.logProbs[row] ?? Number.NaN;
        held.values[to] = acted.values[row] ?? Number.NaN;
        terminated[to] = transitions.terminated[i] ?? 0;
        done[to] = ended[i] ?? 0;
        const truncated = done[to] === 1 && terminated[to] === 0;
        held.nextValues[to] = truncated ? (acted.finalValues[i] ?? Number.NaN) : 0;
        awaited[row] = done[to] === 1 ? 0 : 1;
        counts[row] = step + 1;
      }
    },
    rollout() {
      if (!isFull())
        throw new RangeError(
          `rollout: it holds ${size()} transitions, expected ${capacity}. Add more until isFull.`,
        );
      if (awaited.includes(1)) throw missingValues('rollout');
      return { steps, numEnvs, ...held, terminated, done };
    },
    clear() {
      hasEarlier = hasEarlier || isFull();
      counts.fill(0);
      awaited.fill(0);
    },
    state() {
      const rows = begunRows();
      const begun = (name: RolloutColumn) => held[name].slice(0, rows * widths[name]);
      return {
        ...options,
        counts: [...counts],
        awaited: [...awaited],
        hasEarlier,
        flags: { terminated: [...terminated.subarray(0, rows)], done: [...done.subarray(0, rows)] },
        columns: {
          observations: hasEarlier ? held.observations.slice() : begun('observations'),
          actions: begun('actions'),
          logProbs: begun('logProbs'),
          values: begun('values'),
          rewards: begun('rewards'),
          nextValues: begun('nextValues'),
        },
      };
    },
    restore(state) {
      checkRolloutState(state, options, widths);
      counts.set(state.counts);
      awaited.set(state.awaited);
      terminated.set(state.flags.terminated);
      done.set(state.flags.done);
      for (const name of COLUMNS) held[name].set(state.columns[name]);
      // States of earlier versions don't say. Of a rollout that a sub-environment has all steps of, all rows are its own.
      hasEarlier =
        state.hasEarlier ??
        (state.columns.observations.length === held.observations.length && Math.max(...counts) < steps);
    },
  };
}

function copyRow(
  from: ArrayLike<number>,
  fromRow: number,
  into: Float32Array,
  intoRow: number,
  width: number,
): void {
  for (let i = 0; i < width; i += 1) into[intoRow * width + i] = from[fromRow * width + i] ?? Number.NaN;
}
