/** A wait that took so long was of a process that stood still, as one that was stopped with Ctrl-Z. */
const STOOD_STILL_MILLISECONDS = 250;

/** How long others are waited for. */
export interface Patience {
  readonly begin: () => void;
  /** Asked after each wait. */
  readonly isOver: () => boolean;
}

/** Time that is waited for others, without that in which this process stood still, as they do then too. */
export function patience(milliseconds: number): Patience {
  let left = milliseconds;
  let before = 0;
  return {
    begin: () => {
      left = milliseconds;
      before = performance.now();
    },
    isOver: () => {
      const now = performance.now();
      left -= Math.min(now - before, STOOD_STILL_MILLISECONDS);
      before = now;
      return left <= 0;
    },
  };
}
