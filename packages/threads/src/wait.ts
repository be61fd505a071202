/** How long a thread waits at most. */
export interface WaitOptions {
  readonly awakeMilliseconds: number;
  readonly asleepMilliseconds: number;
}

/**
 * Waits until a shared number is another than `seen`: awake for `awakeMilliseconds`, then asleep for `asleepMilliseconds` at
 * most. A thread can wake without reason, so the caller looks at the number again.
 *
 * Being woken takes longer than most of what is waited for, and the system may wake a thread on a core that another one is
 * busy on: both then take turns for milliseconds.
 *
 * @returns whether the number changed while it was awake
 */
export function waitWhile(
  numbers: Int32Array,
  index: number,
  seen: number,
  { awakeMilliseconds, asleepMilliseconds }: WaitOptions,
): boolean {
  const begun = performance.now();
  while (performance.now() - begun < awakeMilliseconds)
    if (Atomics.load(numbers, index) !== seen) return true;
  Atomics.wait(numbers, index, seen, asleepMilliseconds);
  return false;
}

/** How threads wait for one another in the middle of a command, where none has anything else to do. */
const DURING_COMMAND: WaitOptions = { awakeMilliseconds: 2, asleepMilliseconds: 50 };

/** Waits without staying awake after one that it was in vain for. */
const AFTER_VAIN = 16;

/**
 * How a thread waits for others in the middle of a command: awake, but asleep at once for a while after it stayed awake in vain. On
 * cores that other programs want too the others come late, and a thread that stays awake takes the time that they need.
 *
 * @returns waits as {@link waitWhile} does
 */
export function waiter(): (numbers: Int32Array, index: number, seen: number) => void {
  let asleepAtOnce = 0;
  return (numbers, index, seen) => {
    const isPatient = asleepAtOnce === 0;
    const awakeMilliseconds = isPatient ? DURING_COMMAND.awakeMilliseconds : 0;
    const cameSoon = waitWhile(numbers, index, seen, { ...DURING_COMMAND, awakeMilliseconds });
    if (!isPatient) asleepAtOnce -= 1;
    else if (!cameSoon) asleepAtOnce = AFTER_VAIN;
  };
}
