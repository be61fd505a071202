import type { EpisodeLinks, TransitionOrigins } from './episode-links.ts';
import { encodeFloat16 } from './float16.ts';
import type { Transitions } from './transition-batch.ts';
import type { StoredColumn, StoredTransitions } from './transition-ring.ts';

const MOST_ENVIRONMENTS = 2 ** 20;

/** What {@link checkOrigins} compares new transitions with. */
export interface HeldTransitions {
  readonly store: StoredTransitions;
  readonly links: EpisodeLinks;
  readonly capacity: number;
  /** Transitions ever added. */
  readonly added: number;
}

/**
 * Throws unless the origins belong to the transitions and every transition begins where the one before it in the same
 * sub-environment led to.
 *
 * An n-step return across a gap, such as a reset that nobody marked, is a wrong number that looks like a right one.
 *
 * @throws RangeError naming the transition
 */
export function checkOrigins(
  transitions: Transitions,
  { rows, done }: TransitionOrigins,
  { store, links, capacity, added }: HeldTransitions,
): void {
  const count = transitions.rewards.length;
  const width = transitions.observations.length / Math.max(1, count);
  // The transition of this call that each sub-environment's next one continues; -1 after the end of an episode.
  const latest = new Map<number, number>();
  for (const [name, values] of Object.entries({ rows, done })) {
    if (values.length === count) continue;
    throw new RangeError(
      `replay: origins.${name} has ${values.length} entries, expected ${count}. Give one entry per transition.`,
    );
  }

  /** Whether transition i begins at row `from` of `ends`. */
  const continues = (i: number, ends: Transitions['nextObservations'], from: number) => {
    for (let j = 0; j < width; j += 1) {
      const begins = Math.fround(transitions.observations[i * width + j] ?? Number.NaN);
      if (begins !== Math.fround(ends[from * width + j] ?? Number.NaN)) return false;
    }
    return true;
  };

  /** Whether transition i begins at what row `from` of a column holds. */
  const continuesHeld = (i: number, ends: StoredColumn, from: number) => {
    if (!(ends instanceof Uint16Array)) return continues(i, ends, from);
    const begins = new Uint16Array(width);
    encodeFloat16(transitions.observations.subarray(i * width, (i + 1) * width), begins, 0);
    // But for the sign of 0, as above.
    return begins.every(
      (bits, j) => bits === ends[from * width + j] || ((bits | (ends[from * width + j] ?? 1)) & 0x7fff) === 0,
    );
  };

  const follows = (i: number, environment: number) => {
    const before = latest.get(environment);
    if (before !== undefined) return before < 0 || continues(i, transitions.nextObservations, before);
    const number = links.last(environment);
    const held = number >= Math.max(0, added - capacity);
    return !held || continuesHeld(i, store.nextObservations, number % capacity);
  };

  for (let i = 0; i < count; i += 1) {
    const environment = rows[i] ?? Number.NaN;
    if (!(Number.isInteger(environment) && environment >= 0 && environment < MOST_ENVIRONMENTS)) {
      throw new RangeError(
        `replay: origins.rows is ${environment} in entry ${i}, expected an integer from 0 to ${MOST_ENVIRONMENTS - 1}. ` +
          'Give the row of the vector environment, 0 with a single one.',
      );
    }
    const ended = done[i] ?? Number.NaN;
    if ((ended !== 0 && ended !== 1) || ended < (transitions.terminated[i] ?? Number.NaN)) {
      throw new RangeError(
        `replay: origins.done is ${ended} in entry ${i}, where terminated is ${transitions.terminated[i]}. ` +
          'Give 1 where the episode was terminated or truncated, 0 elsewhere.',
      );
    }
    if (!follows(i, environment)) {
      throw new RangeError(
        `replay: transition ${i} of sub-environment ${environment} begins at another observation than the one before it ` +
          'led to. Set done where an episode ends, or call endEpisodes() where environments are reset midway.',
      );
    }
    latest.set(environment, ended === 1 ? -1 : i);
  }
}
