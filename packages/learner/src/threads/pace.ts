/** Whether a team of threads shares updates, or one of them makes them alone. */
export interface Pace {
  /** Whether the next update is to be shared. */
  readonly shares: boolean;
  /** Counts an update, which was as `shares` said. */
  took(milliseconds: number): void;
}

/** Updates that are compared by their mean. On busy cores single ones take from one to ten times as long. */
const WINDOW = 32;
/** Windows after which the other way is tried again. */
const WINDOWS_BETWEEN_TRIALS = 32;
/** Of the time that updates take alone: those that are shared have to be clearly faster, as they take more cores. */
const WORTH_SHARING = 0.9;

/**
 * Chooses by the time that updates take: what was faster when last tried. So threads give way where other programs want
 * their cores, on which those that share an update would wait for each other.
 */
export function pace(): Pace {
  let shares = true;
  let shared: number | undefined;
  let alone: number | undefined;
  let sum = 0;
  let updates = 0;
  let windows = 0;
  return {
    get shares() {
      return shares;
    },
    took: (milliseconds) => {
      sum += milliseconds;
      updates += 1;
      if (updates < WINDOW) return;
      if (shares) shared = sum / updates;
      else alone = sum / updates;
      sum = 0;
      updates = 0;
      windows += 1;
      if (windows % WINDOWS_BETWEEN_TRIALS === 0 || shared === undefined || alone === undefined)
        shares = !shares;
      else shares = shared < WORTH_SHARING * alone;
    },
  };
}
