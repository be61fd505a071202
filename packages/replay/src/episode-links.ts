/** Where transitions come from, entry by entry as the transitions themselves. */
export interface TransitionOrigins {
  /** [n], the sub-environment of each: its row in a vector environment, 0 with a single one. */
  readonly rows: ArrayLike<number>;
  /** [n], 1 where the episode ended, by termination or truncation. */
  readonly done: ArrayLike<number>;
}

/** Which transitions of a ring follow each other in an episode, though those of other sub-environments lie between. */
export interface EpisodeLinks {
  /** The row of the transition after that in `row`, or -1 where the episode ends or nothing has been added yet. */
  after(row: number): number;
  /** The number of the transition that the next one of a sub-environment continues, or -1. */
  last(environment: number): number;
  /** Notes that transition `number` has been written, of which sub-environment, and whether its episode ended. */
  enter(number: number, environment: number, done: boolean): void;
  /** No transition entered from now on continues one entered before, of these sub-environments. Default: of any. */
  cut(environments?: ArrayLike<number>): void;
  /** How far back the predecessors of transitions [from, to) are, 0 where there is none. */
  state(from: number, to: number): Int32Array;
  /** What {@link EpisodeLinks.last} gives, by sub-environment. */
  lasts(): number[];
  clear(): void;
  /** Puts back what `state` gave, for transitions from number `from` on, of which those from `oldest` on are held. */
  restore(previous: Int32Array, from: number, oldest: number): void;
  restoreLasts(lasts: readonly number[]): void;
}

/**
 * Links in both directions, 8 bytes per row.
 *
 * Backward links never change once written, so that they can be saved with their transitions; forward links, which
 * sampling follows, are made from them. A transition is overwritten before all that follow it, so a forward link never
 * leads to a row with something else in it.
 */
export function episodeLinks(capacity: number): EpisodeLinks {
  const back = new Int32Array(capacity);
  const ahead = new Int32Array(capacity);
  let last: number[] = [];

  const link = (number: number, distance: number, oldest: number) => {
    const row = number % capacity;
    back[row] = distance;
    ahead[row] = 0;
    if (distance > 0 && number - distance >= oldest) ahead[(number - distance) % capacity] = distance;
  };

  return {
    after(row) {
      const distance = ahead[row] ?? 0;
      return distance === 0 ? -1 : (row + distance) % capacity;
    },
    last: (environment) => last[environment] ?? -1,
    enter(number, environment, done) {
      while (last.length <= environment) last.push(-1);
      const before = last[environment] ?? -1;
      // A predecessor as far back as the capacity lay in this very row.
      const distance = before >= 0 && number - before < capacity ? number - before : 0;
      link(number, distance, number - capacity + 1);
      last[environment] = done ? -1 : number;
    },
    cut(environments) {
      if (!environments) last = [];
      else
        for (const environment of Array.from(environments))
          if (environment < last.length) last[environment] = -1;
    },
    state: (from, to) => Int32Array.from({ length: to - from }, (_, i) => back[(from + i) % capacity] ?? 0),
    lasts: () => [...last],
    clear() {
      // A row's links are written anew before they are read.
      last = [];
    },
    restore(previous, from, oldest) {
      for (const [i, distance] of previous.entries()) link(from + i, distance, oldest);
    },
    restoreLasts(lasts) {
      last = [...lasts];
    },
  };
}
