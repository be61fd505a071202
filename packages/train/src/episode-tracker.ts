/** An episode that has ended. */
export interface FinishedEpisode {
  readonly return: number;
  readonly length: number;
}

/** Sums up the running episodes of a vector environment. */
export interface EpisodeTracker {
  /** Episodes finished so far. */
  readonly count: number;
  /** Counts one transition of a row; returns its episode if that was the last one. */
  step(row: number, reward: number, done: boolean): FinishedEpisode | undefined;
  /** Gives up all running episodes, uncounted. */
  drop(): void;
  /** Means over the last episodes, empty before the first has ended. */
  means(): { meanReturn: number; meanLength: number } | Record<string, never>;
  /** A copy of all that it counts, as plain JSON. */
  state(): EpisodeTrackerState;
  /** Counts on from a saved state of as many rows. */
  restore(state: EpisodeTrackerState): void;
}

/** What an {@link EpisodeTracker} knows. */
export interface EpisodeTrackerState {
  readonly count: number;
  /** Rewards summed up so far in the running episodes, one per row. */
  readonly sums: readonly number[];
  /** Steps of the running episodes, one per row. */
  readonly lengths: readonly number[];
  /** The last episodes, oldest first. */
  readonly recent: readonly FinishedEpisode[];
}

/**
 * @param rows number of environments
 * @param window how many of the last episodes {@link EpisodeTracker.means} covers
 */
export function episodeTracker(rows: number, window = 100): EpisodeTracker {
  const sums = new Float64Array(rows);
  const lengths = new Uint32Array(rows);
  let recent: FinishedEpisode[] = [];
  let count = 0;
  const meanOf = (field: keyof FinishedEpisode) =>
    recent.reduce((sum, episode) => sum + episode[field], 0) / recent.length;
  return {
    get count() {
      return count;
    },
    step(row, reward, done) {
      const sum = (sums[row] ?? 0) + reward;
      const length = (lengths[row] ?? 0) + 1;
      sums[row] = done ? 0 : sum;
      lengths[row] = done ? 0 : length;
      if (!done) return undefined;
      const episode = { return: sum, length };
      count += 1;
      recent.push(episode);
      if (recent.length > window) recent.shift();
      return episode;
    },
    drop() {
      sums.fill(0);
      lengths.fill(0);
    },
    means() {
      return recent.length > 0 ? { meanReturn: meanOf('return'), meanLength: meanOf('length') } : {};
    },
    state: () => ({ count, sums: [...sums], lengths: [...lengths], recent: [...recent] }),
    restore(state) {
      count = state.count;
      sums.set(state.sums);
      lengths.set(state.lengths);
      recent = [...state.recent];
    },
  };
}
