import { expect, it } from 'vitest';

import { runningMeans } from './running-means.ts';

it('means each number over the times it was there, and none from before a restore', () => {
  const means = runningMeans();
  means.add({ loss: 1 });
  means.add({ loss: 4, rare: 7 });
  const saved = means.state();
  means.add({ loss: 100, other: 5 });
  means.restore(JSON.parse(JSON.stringify(saved)));
  expect(means.state()).toEqual(saved);
  expect(means.take()).toEqual({ loss: 2.5, rare: 7 });
  expect(means.take()).toEqual({});
});
