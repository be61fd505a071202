/** Transitions [first, end) by their numbers. */
export interface ChunkRange {
  readonly first: number;
  readonly end: number;
}

/**
 * Splits the transitions held, [oldest, added), at the multiples of `chunkSize`.
 *
 * As the borders never move, a chunk that reaches the next border is written once and serves every later checkpoint; only
 * the one at the end is written again, longer, until it reaches its border. So a save writes at most `chunkSize`
 * transitions besides the new ones, and a buffer has at most capacity / chunkSize + 2 chunks.
 */
export function chunkRanges(oldest: number, added: number, chunkSize: number): ChunkRange[] {
  const ranges: ChunkRange[] = [];
  for (let first = oldest; first < added;) {
    const end = Math.min(added, (Math.floor(first / chunkSize) + 1) * chunkSize);
    ranges.push({ first, end });
    first = end;
  }
  return ranges;
}

const CHUNKS = 128;
const LEAST_CHUNK = 4096;

/** Transitions per chunk: a 128th of the capacity, and at least 4096. */
export const defaultChunkSize = (capacity: number): number =>
  Math.max(LEAST_CHUNK, Math.ceil(capacity / CHUNKS));
