import { describe, expect, it } from 'vitest';

import { add, concat, mul, reshape, sum } from '../ops/index.ts';
import { program } from '../program.ts';
import type { Program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { expectClose } from '../testing/expect-close.ts';
import type { Tensor } from '../tensor.ts';
import { scatterResults } from './scattered-results.ts';

const inputs = { x: { shape: [2, 2] }, z: { shape: [3] } } as const;
const built = (
  outputs: (given: { readonly x: Tensor; readonly z: Tensor }) => Record<string, Tensor>,
): Program => program({ inputs, state: {} }, (given) => ({ outputs: outputs(given) }));

const flat = (x: Tensor) => reshape(x, [4]);

describe('scatterResults', () => {
  it('gives what a vector is joined from, in the shapes in which it was computed', async () => {
    const joined = built(({ x, z }) => ({
      y: concat([flat(mul(x, 2)), add(z, 1)]),
      other: mul(x, 3),
      last: concat([mul(z, z), flat(add(x, x))]),
    }));
    const { program: split, scattered } = scatterResults(joined);
    expect(scattered).toEqual([
      {
        name: 'y',
        length: 7,
        parts: [
          { name: 'part:0', shape: [2, 2], offset: 0 },
          { name: 'part:1', shape: [3], offset: 4 },
        ],
      },
      {
        name: 'last',
        length: 7,
        parts: [
          { name: 'part:2', shape: [3], offset: 0 },
          { name: 'part:3', shape: [2, 2], offset: 3 },
        ],
      },
    ]);
    const executable = await referenceRuntime.load(split);
    const results = await executable.run({ x: [1, 2, 3, 4], z: [5, 6, 7] });
    expectClose(results['part:0'] ?? [], [2, 4, 6, 8], 0);
    expectClose(results['part:1'] ?? [], [6, 7, 8], 0);
    expectClose(results['other'] ?? [], [3, 6, 9, 12], 0);
    expectClose(results['part:2'] ?? [], [25, 36, 49], 0);
  });

  it.each<readonly [string, Program]>([
    [
      'something else reads',
      built(({ x, z }) => {
        const y = concat([flat(mul(x, 2)), add(z, 1)]);
        return { y, total: sum(y) };
      }),
    ],
    [
      'is given twice',
      built(({ x, z }) => {
        const y = concat([flat(mul(x, 2)), add(z, 1)]);
        return { y, again: y };
      }),
    ],
    ['has an input in it', built(({ x, z }) => ({ y: concat([flat(mul(x, 2)), z]) }))],
    [
      'has a part twice',
      built(({ x }) => {
        const part = flat(mul(x, 2));
        return { y: concat([part, part]) };
      }),
    ],
    [
      'has a part that is an output itself',
      built(({ x, z }) => {
        const part = add(z, 1);
        return { y: concat([flat(mul(x, 2)), part]), part };
      }),
    ],
    ['is no vector', built(({ x }) => ({ y: concat([mul(x, 2), add(x, 1)]) }))],
  ])('leaves an output whole that %s', (_, given) => {
    expect(scatterResults(given)).toEqual({ program: given, scattered: [] });
  });
});
