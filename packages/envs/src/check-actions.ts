/** Which actions a vector environment takes. */
export interface ActionCheck {
  /** Begins the message. */
  readonly where: string;
  /** Entries of one action. */
  readonly width: number;
  /** [n], non-zero in rows whose action is ignored. */
  readonly ignored: Uint8Array;
}

/**
 * Refuses actions before any sub-environment has moved, so that an error leaves all of them where they were.
 *
 * @param actions [n, act]
 * @throws RangeError naming the row and the entry
 */
export function checkActions(actions: ArrayLike<number>, { where, width, ignored }: ActionCheck): void {
  const expected = ignored.length * width;
  if (actions.length !== expected) {
    throw new RangeError(
      `${where}: step(actions) got ${actions.length} entries, expected ${expected}. ` +
        `Give one row of ${width} per environment, ${ignored.length} rows.`,
    );
  }
  for (let i = 0; i < expected; i += 1) {
    if (Number.isFinite(actions[i])) continue;
    const row = Math.floor(i / width);
    if (ignored[row]) continue;
    throw new RangeError(
      `${where}: step(actions) got ${String(actions[i])} in entry ${i % width} of row ${row}, expected a finite number. ` +
        'Look at what chose it: at what it was given, and if it learns, at its parameters.',
    );
  }
}

/**
 * Refuses a mask of the wrong size.
 *
 * @throws RangeError
 */
export function checkMask(where: string, count: number, mask?: ArrayLike<number | boolean>): void {
  if (!mask || mask.length === count) return;
  throw new RangeError(
    `${where}: reset({ mask }) got ${mask.length} entries, expected ${count}. Give one per environment.`,
  );
}

/**
 * Refuses a step while an episode is over and the caller has to begin the next one.
 *
 * @param finished [n], non-zero where it is
 */
export function checkNoneFinished(where: string, finished: Uint8Array): void {
  const row = finished.indexOf(1);
  if (row < 0) return;
  throw new Error(
    `${where}: step(actions) was called while the episode of environment ${row} is over. ` +
      'In autoresetMode "disabled", call reset({ mask }) with the finished rows first.',
  );
}
