import { expect, it } from 'vitest';

import { movingAverage } from './moving-average.ts';

it('averages each value with those before it', () => {
  expect(movingAverage([1, 3, 5, 1], 3)).toEqual([1, 2, 3, 3]);
  expect(movingAverage([1, 3, 5, 1], 2)).toEqual([1, 2, 4, 3]);
});

it('leaves values alone with a window of 1', () => {
  expect(movingAverage([0.1, 0.7, 0.2], 1)).toEqual([0.1, 0.7, 0.2]);
});
