import { decodeFloat16, encodeFloat16 } from './float16.ts';
import { emptyTransitions, transitionFields } from './transition-batch.ts';
import type { TransitionField, Transitions, TransitionRows, TransitionSizes } from './transition-batch.ts';

/** What the numbers of observations are kept as. */
export type ObservationStorage = 'float32' | 'float16';

/** A column of transitions as it lies in memory: float32, or the bits of float16. */
export type StoredColumn = Float32Array | Uint16Array;

/** The columns of a buffer. */
export interface StoredTransitions {
  readonly observations: StoredColumn;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
  readonly nextObservations: StoredColumn;
  readonly terminated: Float32Array;
}

/** The columns of a buffer, in which transition k lies in row k mod capacity. */
export interface TransitionRing {
  readonly store: StoredTransitions;
  /** Writes transitions from number `first` on. */
  write(first: number, transitions: Transitions): void;
  /** A copy of transitions [from, to). */
  read(from: number, to: number): TransitionRows;
}

/** A ring of `capacity` rows of zeros. */
export function transitionRing(
  capacity: number,
  sizes: TransitionSizes,
  storage: ObservationStorage,
): TransitionRing {
  const fields = transitionFields(sizes);
  const store = emptyStore(capacity, sizes, storage);
  return {
    store,
    write(first, transitions) {
      const row = first % capacity;
      const untilEnd = Math.min(transitions.rewards.length, capacity - row);
      for (const [field, width] of fields) {
        const values = transitions[field];
        put(values.subarray(0, untilEnd * width), store[field], row * width);
        put(values.subarray(untilEnd * width), store[field], 0);
      }
    },
    read(from, to) {
      const row = from % capacity;
      const untilEnd = Math.min(to - from, capacity - row);
      const copy = emptyTransitions(to - from, sizes);
      for (const [field, width] of fields) {
        take(store[field].subarray(row * width, (row + untilEnd) * width), copy[field], 0);
        take(store[field].subarray(0, (to - from - untilEnd) * width), copy[field], untilEnd * width);
      }
      return copy;
    },
  };
}

function emptyStore(
  capacity: number,
  { observationSize, actionSize }: TransitionSizes,
  storage: ObservationStorage,
): StoredTransitions {
  const Observations = storage === 'float16' ? Uint16Array : Float32Array;
  return {
    observations: new Observations(capacity * observationSize),
    actions: new Float32Array(capacity * actionSize),
    rewards: new Float32Array(capacity),
    nextObservations: new Observations(capacity * observationSize),
    terminated: new Float32Array(capacity),
  };
}

function put(values: Transitions[TransitionField], column: StoredColumn, at: number): void {
  if (column instanceof Uint16Array) encodeFloat16(values, column, at);
  else column.set(values, at);
}

function take(column: StoredColumn, into: Float32Array, at: number): void {
  if (column instanceof Uint16Array) decodeFloat16(column, into, at);
  else into.set(column, at);
}
