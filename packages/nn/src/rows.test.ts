import { describe, expect, it } from 'vitest';

import { repeatForRows } from './rows.ts';
import { compute, matrix, randomRows } from './testing/index.ts';
import type { Given } from './testing/index.ts';

const repeated = (perState: Given, like: Given) =>
  compute({ perState, like }, (inputs) => ({ out: repeatForRows(inputs.perState, inputs.like) }));

describe('repeatForRows', () => {
  it('repeats the states block by block', async () => {
    const states = matrix([
      [1, 2],
      [3, 4],
    ]);
    const { out } = await repeated(states, matrix(randomRows(1, 6, 1, 1)));
    expect(out).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it('refuses rows that are no multiple of the states', async () => {
    const states = matrix(randomRows(1, 3, 2, 1));
    await expect(repeated(states, matrix(randomRows(2, 4, 1, 1)))).rejects.toThrow(
      'repeatForRows: [4, 1] has 4 rows, which is no multiple of the 3 states of [3, 2].',
    );
    await expect(repeated(states, { shape: ['batch', 1], data: [1, 2, 3] })).rejects.toThrow(
      'repeatForRows: [batch, 1] has batch rows',
    );
  });
});
