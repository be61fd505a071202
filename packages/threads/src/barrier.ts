import { Control } from './control.ts';
import { waiter } from './wait.ts';

/** What a thread that waits for others does meanwhile. */
export interface OtherThreads {
  readonly begin?: () => void;
  readonly expect: () => void;
}

/**
 * A point that no thread passes before all have come to it. Each thread makes one before any calls its own, and calls it as
 * often as the others do.
 *
 * @param count threads
 * @param others `begin` is called when it begins to wait; `expect` now and then while it does, which doesn't return if another
 *   thread will never come
 */
export function barrier(control: Int32Array, count: number, others: OtherThreads): () => void {
  const wait = waiter();
  let complete = Atomics.load(control, Control.arrivals);
  return () => {
    complete = (complete + count) | 0;
    Atomics.add(control, Control.arrivals, 1);
    Atomics.notify(control, Control.arrivals);
    others.begin?.();
    for (;;) {
      const arrived = Atomics.load(control, Control.arrivals);
      // The difference is right also where the counter has overflown.
      if (((arrived - complete) | 0) >= 0) return;
      // In pieces: another thread that has ended wakes nobody.
      wait(control, Control.arrivals, arrived);
      others.expect();
    }
  };
}
