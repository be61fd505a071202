import { add, constant, mul, neg, referenceRuntime, square, sub, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { testedTfjsRuntimes } from '@meow-rl/graph/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { bestCandidate, fixedCandidates } from './best-of-k.ts';
import { compute, expectClose, matrix, rowsOf } from './testing/index.ts';

const SIZE = 2;
const states = [
  [0.4, -0.9, 1],
  [-1.3, 0.2, 1],
  [2.5, 0.1, 1],
];

/** Noise of the candidates: zeros, then standard normal numbers. */
const noiseOf = (candidates: number): number[][] => {
  const noise = new Float32Array(candidates * SIZE);
  createGenerator(0).fillNormal(noise.subarray(SIZE));
  return rowsOf(Array.from(noise), SIZE);
};

const pairOf = (state: Tensor): Tensor => mul(sum(state, { axes: [1], keepDims: true }), constant([1, -1]));
const distance = (point: readonly number[], [x = 0, y = 0]: readonly number[]): number =>
  ((point[0] ?? 0) - x) ** 2 + ((point[1] ?? 0) - y) ** 2;

/** The action is the noise; its score falls with the distance to a point that the state decides. */
const nearest = (state: Tensor, candidates: number): Tensor =>
  bestCandidate(
    fixedCandidates(state, {
      candidates,
      size: SIZE,
      sample: (noise, repeated) => ({
        action: noise,
        score: neg(sum(square(sub(noise, pairOf(repeated))), { axes: [1] })),
      }),
    }),
  );

describe('bestCandidate', () => {
  it.each([1, 2, 7, 40])(
    'takes the best of %d fixed candidates, for each state its own',
    async (candidates) => {
      const { out } = await compute({ state: matrix(states) }, ({ state }) => ({
        out: nearest(state, candidates),
      }));
      const expected = states.map((state) => {
        const total = state.reduce((all, x) => all + x, 0);
        return noiseOf(candidates).toSorted(
          (a, b) => distance(a, [total, -total]) - distance(b, [total, -total]),
        )[0];
      });
      expectClose(
        out,
        expected.flatMap((point) => point ?? []),
        1e-12,
      );
    },
  );

  it('takes states of a named axis', async () => {
    const batch = { shape: ['batch', 3], data: states.flat() };
    const { out } = await compute({ batch }, (inputs) => ({ out: nearest(inputs.batch, 7) }));
    const { out: known } = await compute({ state: matrix(states) }, ({ state }) => ({
      out: nearest(state, 7),
    }));
    expect(out).toEqual(known);
  });

  it('takes the first one of several that are the best', async () => {
    const { out } = await compute({ state: matrix(states) }, ({ state }) => ({
      out: bestCandidate(
        fixedCandidates(state, {
          candidates: 5,
          size: SIZE,
          sample: (noise) => ({
            action: add(noise, 3),
            score: mul(0, sum(noise, { axes: [1] })),
          }),
        }),
      ),
    }));
    expect(out).toEqual([3, 3, 3, 3, 3, 3]);
  });

  it.each(
    [referenceRuntime, onnxRuntimeNode(), ...testedTfjsRuntimes].map((each) => [each.name, each] as const),
  )('gives no action where scores are not numbers, on %s', async (_, runtime) => {
    const scores = [
      [Number.NaN, Number.NaN, Number.NaN],
      [1, 3, 2],
      [-Infinity, -Infinity, -Infinity],
    ];
    const { out } = await compute(
      {
        score: matrix(scores),
        action: { shape: [3, 3, SIZE], data: Array.from({ length: 9 * SIZE }, (__, i) => i) },
      },
      (given) => ({ out: bestCandidate(given) }),
      runtime,
    );
    expect(out).toEqual([Number.NaN, Number.NaN, 8, 9, 12, 13]);
  });
});
