import { expect, it } from 'vitest';

import { runningMeans } from './running-means.ts';

it('averages each number over the times it was there, and adds on to saved sums', () => {
  const means = runningMeans();
  means.add({ loss: 1, rare: 7 });
  means.add({ loss: 2 });
  const other = runningMeans();
  other.add({ stale: 1 });
  other.restore(JSON.parse(JSON.stringify(means.state())));
  other.add({ loss: 6 });
  expect(other.take()).toEqual({ loss: 3, rare: 7 });
  expect(other.take()).toEqual({});
  expect(means.take()).toEqual({ loss: 1.5, rare: 7 });
});
