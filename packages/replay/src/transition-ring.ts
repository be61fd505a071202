import { emptyTransitions, transitionFields } from './transition-batch.ts';
import type { Transitions, TransitionRows, TransitionSizes } from './transition-batch.ts';

/** The columns of a buffer, in which transition k lies in row k mod capacity. */
export interface TransitionRing {
  readonly store: TransitionRows;
  /** Writes transitions from number `first` on. */
  write(first: number, transitions: Transitions): void;
  /** A copy of transitions [from, to). */
  read(from: number, to: number): TransitionRows;
}

/** A ring of `capacity` rows of zeros. */
export function transitionRing(capacity: number, sizes: TransitionSizes): TransitionRing {
  const fields = transitionFields(sizes);
  const store = emptyTransitions(capacity, sizes);
  return {
    store,
    write(first, transitions) {
      const row = first % capacity;
      const untilEnd = Math.min(transitions.rewards.length, capacity - row);
      for (const [field, width] of fields) {
        const values = transitions[field];
        store[field].set(values.subarray(0, untilEnd * width), row * width);
        store[field].set(values.subarray(untilEnd * width), 0);
      }
    },
    read(from, to) {
      const row = from % capacity;
      const untilEnd = Math.min(to - from, capacity - row);
      const copy = emptyTransitions(to - from, sizes);
      for (const [field, width] of fields) {
        copy[field].set(store[field].subarray(row * width, (row + untilEnd) * width), 0);
        copy[field].set(store[field].subarray(0, (to - from - untilEnd) * width), untilEnd * width);
      }
      return copy;
    },
  };
}
