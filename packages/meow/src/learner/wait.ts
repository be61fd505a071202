import { Control } from './memory.ts';

// Going to sleep and being woken takes longer than most of what is waited for.
const SPIN_MILLISECONDS = 0.2;

/**
 * Waits until a shared number is another than `seen`: awake first, then asleep, `milliseconds` at most. Its result decides
 * nothing: a thread can wake without reason, so the caller looks at the number again.
 */
export function waitWhile(numbers: Int32Array, place: number, seen: number, milliseconds: number): void {
  const begun = performance.now();
  while (performance.now() - begun < SPIN_MILLISECONDS) if (Atomics.load(numbers, place) !== seen) return;
  Atomics.wait(numbers, place, seen, milliseconds);
}

/** Ends the calling thread if the learner is given up. It has to end by itself: ended from outside within the engine, it crashes the process. */
export function endIfAbandoned(control: Int32Array): void {
  if (Atomics.load(control, Control.abandoned) !== 0) process.exit();
}
