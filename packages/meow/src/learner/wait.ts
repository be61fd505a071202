import { Control } from './memory.ts';

/**
 * Waits until a shared number is another than `seen`: awake for `awakeMilliseconds`, then asleep for `asleepMilliseconds` at
 * most. Its result decides nothing: a thread can wake without reason, so the caller looks at the number again.
 *
 * Being woken takes longer than most of what is waited for, and the system may wake a thread on a core that another one is
 * busy on: both then take turns for milliseconds.
 */
export function waitWhile(
  numbers: Int32Array,
  place: number,
  seen: number,
  { awakeMilliseconds, asleepMilliseconds }: WaitOptions,
): void {
  const begun = performance.now();
  while (performance.now() - begun < awakeMilliseconds) if (Atomics.load(numbers, place) !== seen) return;
  Atomics.wait(numbers, place, seen, asleepMilliseconds);
}

export interface WaitOptions {
  readonly awakeMilliseconds: number;
  readonly asleepMilliseconds: number;
}

/** How threads wait for one another in the middle of an update, where none has anything else to do. */
export const DURING_UPDATE: WaitOptions = { awakeMilliseconds: 2, asleepMilliseconds: 50 };

/** Ends the calling thread if the learner is given up. It has to end by itself: ended from outside within the engine, it crashes the process. */
export function endIfAbandoned(control: Int32Array): void {
  if (Atomics.load(control, Control.abandoned) !== 0) process.exit();
}
