import type { EpisodeTracker } from './episode-tracker.ts';
import type { EpisodeEvent } from './events.ts';
import type { Collected } from './transition-collector.ts';

/** Counts the transitions of a step; gives the events of the episodes that it ended. */
export function episodeEvents(
  episodes: EpisodeTracker,
  step: number,
  { transitions, rows, done }: Collected,
): EpisodeEvent[] {
  const events: EpisodeEvent[] = [];
  for (const [i, row] of rows.entries()) {
    const finished = episodes.step(row, transitions.rewards[i] ?? Number.NaN, done[i] === 1);
    if (!finished) continue;
    const terminated = transitions.terminated[i] === 1;
    events.push({ type: 'episode', step, environment: row, ...finished, terminated });
  }
  return events;
}
