import { Control } from './control.ts';
import { waiter } from './wait.ts';

/**
 * A point that no thread passes before all have come to it. Each thread makes one before any calls its own, and calls it as
 * often as the others do.
 *
 * @param count threads
 * @param expectOthers called now and then while it waits; it doesn't return if another thread will never come
 */
export function barrier(control: Int32Array, count: number, expectOthers: () => void): () => void {
  const wait = waiter();
  let complete = Atomics.load(control, Control.arrivals);
  return () => {
    complete = (complete + count) | 0;
    Atomics.add(control, Control.arrivals, 1);
    Atomics.notify(control, Control.arrivals);
    for (;;) {
      const arrived = Atomics.load(control, Control.arrivals);
      // The difference is right also where the counter has overflown.
      if (((arrived - complete) | 0) >= 0) return;
      // In pieces: another thread that has ended wakes nobody.
      wait(control, Control.arrivals, arrived);
      expectOthers();
    }
  };
}
