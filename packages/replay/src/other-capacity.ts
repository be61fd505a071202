import { oldestOf, type ReplayBufferHead, type ReplayBufferPart } from './buffer-state.ts';

/** Fits a saved state to a buffer of another capacity, where transition k lies in row k mod that. */
export interface CapacityChange {
  /** How much lower every transition's number becomes. */
  readonly shift: number;
  head(head: ReplayBufferHead): ReplayBufferHead;
  part(part: ReplayBufferPart): ReplayBufferPart;
}

/**
 * What has to change in a state, sound and no larger than `capacity`, for a buffer of that capacity.
 *
 * As long as nothing was overwritten, nothing does. Afterwards transitions are numbered anew, the oldest one held being 0:
 * those before it are gone, and a larger buffer would take their rows for held ones. The order of ages stays, and the links
 * with it, but for those to what is gone.
 */
export function changeCapacity(saved: ReplayBufferHead, capacity: number): CapacityChange {
  const shift = saved.capacity === capacity ? 0 : oldestOf(saved);
  const renumber = (last: number) => (last < shift ? -1 : last - shift);
  return {
    shift,
    head: (head) => ({
      ...head,
      capacity,
      added: head.added - shift,
      lasts: head.lasts && head.lasts.map(renumber),
    }),
    part({ first, transitions, previous }) {
      if (shift === 0) return { first, transitions, previous };
      const begin = first - shift;
      return {
        first: begin,
        transitions,
        previous: previous && previous.map((distance, i) => (distance > begin + i ? 0 : distance)),
      };
    },
  };
}
