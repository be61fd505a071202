import { expect, it } from 'vitest';

import { formatReturn } from './episodes.ts';

it('shows a deviation of several episodes, and none of one', () => {
  expect(formatReturn({ mean: 2, standardDeviation: 1, returns: [1, 3] }, 2)).toBe('2.00 ± 1.00');
  expect(formatReturn({ mean: 2, standardDeviation: 0, returns: [2] }, 2)).toBe('2.00');
});
