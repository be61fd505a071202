import { expect, it } from 'vitest';

import { chunkRanges, defaultChunkSize } from './chunk-ranges.ts';

it('covers exactly what is held, with borders at the multiples of the chunk size', () => {
  for (const [oldest, added, size] of [
    [0, 0, 4],
    [0, 3, 4],
    [0, 8, 4],
    [3, 13, 4],
    [5, 7, 4],
  ] as const) {
    const ranges = chunkRanges(oldest, added, size);
    let at: number = oldest;
    for (const { first, end } of ranges) {
      expect(first).toBe(at);
      expect(end).toBeGreaterThan(first);
      expect(first === oldest || first % size === 0).toBe(true);
      expect(end === added || end % size === 0).toBe(true);
      expect(Math.floor(first / size)).toBe(Math.floor((end - 1) / size));
      at = end;
    }
    expect(at).toBe(added);
  }
});

it('makes some hundred chunks of a million transitions', () => {
  const ranges = chunkRanges(1_234_567, 2_234_567, defaultChunkSize(1_000_000));
  expect(ranges.length).toBe(129);
  expect(defaultChunkSize(1000)).toBe(4096);
});
