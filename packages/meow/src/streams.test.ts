import { expect, it } from 'vitest';

import { STREAM } from './streams.ts';

it('has one stream for each use of randomness', () => {
  const streams = Object.values(STREAM);
  expect(new Set(streams).size).toBe(streams.length);
});
