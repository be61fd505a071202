/** Seeded uniform numbers in [0, 1): mulberry32. Good enough to fill test inputs, for nothing else. */
function uniforms(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Seeded numbers between two bounds that float32 holds exactly, so that every runtime starts from the same input. */
export function numbersBetween(seed: number, count: number, low: number, high: number): number[] {
  const next = uniforms(seed);
  return Array.from({ length: count }, () => Math.fround(low + (high - low) * next()));
}
