import { expect, it } from 'vitest';

import { replayBufferBytes } from './replay-buffer-bytes.ts';

it('counts what a buffer allocates', () => {
  const sizes = { capacity: 1_000_000, observationSize: 17, actionSize: 6 };
  expect(replayBufferBytes(sizes)).toBe(168_000_000);
  expect(replayBufferBytes({ ...sizes, observationStorage: 'float16' })).toBe(100_000_000);
  expect(replayBufferBytes({ ...sizes, nStep: 3 })).toBe(176_000_000);
  expect(replayBufferBytes({ ...sizes, prioritized: {} })).toBe(168_000_000 + 16 * 2 ** 20);
});
