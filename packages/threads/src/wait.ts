/** How long a thread waits at most. */
export interface WaitOptions {
  readonly awakeMilliseconds: number;
  readonly asleepMilliseconds: number;
}

/**
 * Waits until a shared number is another than `seen`: awake for `awakeMilliseconds`, then asleep for `asleepMilliseconds` at
 * most. Its result decides nothing: a thread can wake without reason, so the caller looks at the number again.
 *
 * Being woken takes longer than most of what is waited for, and the system may wake a thread on a core that another one is
 * busy on: both then take turns for milliseconds.
 */
export function waitWhile(
  numbers: Int32Array,
  index: number,
  seen: number,
  { awakeMilliseconds, asleepMilliseconds }: WaitOptions,
): void {
  const begun = performance.now();
  while (performance.now() - begun < awakeMilliseconds) if (Atomics.load(numbers, index) !== seen) return;
  Atomics.wait(numbers, index, seen, asleepMilliseconds);
}

/** How threads wait for one another in the middle of a command, where none has anything else to do. */
export const DURING_COMMAND: WaitOptions = { awakeMilliseconds: 2, asleepMilliseconds: 50 };
