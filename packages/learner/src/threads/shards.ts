/** Consecutive rows of a batch, or entries of a vector. */
export interface Shard {
  readonly start: number;
  readonly end: number;
}

/** Cuts a length into parts whose sizes differ by one at most, the larger ones first. */
export function shards(length: number, count: number): readonly Shard[] {
  const startOf = (i: number) => i * Math.floor(length / count) + Math.min(i, length % count);
  return Array.from({ length: count }, (_, i) => ({ start: startOf(i), end: startOf(i + 1) }));
}
