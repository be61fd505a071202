import { describe, expect, test } from 'vitest';

import { grad } from '../../grad.ts';
import {
  add,
  clip,
  equal,
  exp,
  greater,
  kthSmallest,
  layerNorm,
  less,
  linear,
  max,
  maximum,
  mul,
  relu,
  softplus,
  square,
  sub,
  sum,
  toFloat,
  where,
} from '../../ops/index.ts';
import { optimize } from '../../rewrite/optimize.ts';
import { program } from '../../program.ts';
import { referenceRuntime } from '../../runtimes/reference.ts';
import type { Tensor } from '../../tensor.ts';
import { codeOf, expectSame, fusedNodes, names, programOn, tensor } from '../../testing/fused-programs.ts';
import { fuse } from './fuse.ts';

const built = (build: (x: Tensor, y: Tensor) => Tensor) =>
  programOn({ x: [3, 4], y: [3, 4] }, (inputs) => ({ z: build(tensor(inputs, 'x'), tensor(inputs, 'y')) }));

describe('comparisons in a fused operator', () => {
  test.each<readonly [string, (x: Tensor, y: Tensor) => Tensor, readonly string[]]>([
    ['greater as a number', (x, y) => mul(x, toFloat(greater(x, y))), ['isGreater', 'mul']],
    [
      'less, which is greater with its operands exchanged',
      (x, y) => add(x, toFloat(less(x, y))),
      ['isGreater', 'add'],
    ],
    ['equal as a number', (x, y) => add(exp(x), toFloat(equal(x, y))), ['exp', 'isEqual', 'add']],
    ['where', (x, y) => where(less(x, y), x, 2), ['isGreater', 'select']],
    ['a relu of what is computed here', (x, y) => relu(add(x, y)), ['add', 'maximum']],
  ])('%s', async (_, build, code) => {
    const after = await expectSame(built(build));
    expect(names(after)).toEqual(['fused']);
    expect(codeOf(fusedNodes(after)[0]).toSorted()).toEqual(code.toSorted());
  });

  test.each<readonly [string, (x: Tensor) => Tensor]>([
    ['relu', (x) => relu(mul(x, 3))],
    ['where', (x) => where(greater(x, 0), square(x), mul(0.1, x))],
    ['clip', (x) => clip(mul(x, 2), -1, 1)],
    ['maximum', (x) => maximum(x, square(x))],
    ['softplus', (x) => softplus(mul(x, 3))],
  ])('the gradient of %s is fused whole', async (_, build) => {
    const after = await expectSame(
      programOn({ x: [5, 4] }, (inputs) => {
        const x = tensor(inputs, 'x');
        const [gradient = x] = grad(sum(square(build(x))), [x]);
        return { gradient };
      }),
    );
    expect(names(after)).toEqual(['fused']);
  });

  test.each<readonly [string, (x: Tensor) => Tensor]>([
    ['max', (x) => max(x, { axes: [1], keepDims: true })],
    ['kthSmallest', (x) => kthSmallest(x, { k: 2, axis: 1, keepDims: true })],
  ])(
    'the gradient of %s compares the numbers that it was taken of, not others that it computes',
    async (_, of) => {
      const after = await expectSame(
        programOn({ a: [5, 4], w: [4], b: [4] }, (inputs) => {
          const w = tensor(inputs, 'w');
          const product = mul(tensor(inputs, 'a'), w);
          const y = of(add(product, tensor(inputs, 'b')));
          const [gradient = w] = grad(sum(square(sub(product, y))), [w]);
          return { gradient };
        }),
      );
      const [forward, ...others] = fusedNodes(after);
      expect(codeOf(forward)).toEqual(['mulAdd']);
      const backward = others.filter((node) => codeOf(node).includes('isEqual'));
      expect(backward).toHaveLength(1);
      expect(backward[0]?.inputs).toContain(forward?.outputs[0]);
    },
  );

  test('a relu behind a product is left to the engine, its gradient is fused with the sums that read it', async () => {
    const after = await expectSame(
      programOn({ x: [8, 3], w: [5, 3], b: [5], v: [5, 5], c: [5] }, (inputs) => {
        const [x, w, b] = [tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')];
        const [v, c] = [tensor(inputs, 'v'), tensor(inputs, 'c')];
        const loss = sum(square(linear(relu(linear(x, w, b)), v, c)));
        const [gradient = b] = grad(loss, [b]);
        return { gradient };
      }),
    );
    expect(names(after).filter((name) => name === 'relu')).toHaveLength(1);
    const codes = fusedNodes(after).map(codeOf);
    expect(codes).toContainEqual(['isGreater', 'mulSumRows']);
  });

  test('a relu of normalized rows is fused with them', async () => {
    const after = await expectSame(
      programOn({ x: [8, 3], w: [6, 3], b: [6], scale: [6], shift: [6] }, (inputs) => ({
        y: relu(
          layerNorm(
            linear(tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')),
            tensor(inputs, 'scale'),
            tensor(inputs, 'shift'),
          ),
        ),
      })),
    );
    expect(names(after)).toEqual(['linear', 'fused']);
  });

  test('NaN is not greater, not less and not equal, and stays NaN in a relu', async () => {
    const given = programOn({ x: [2, 2] }, (inputs) => {
      const x = tensor(inputs, 'x');
      const chosen = where(greater(x, 0), x, -1);
      const others = add(mul(2, toFloat(less(x, 0))), mul(4, toFloat(equal(x, x))));
      return { chosen, others, kept: relu(mul(x, 1.5)) };
    });
    for (const builtProgram of [given, fuse(given)]) {
      const { chosen, others, kept } = await (
        await referenceRuntime.load(builtProgram)
      ).run({ x: [Number.NaN, 1, -1, 0] });
      expect(Array.from(chosen ?? [])).toEqual([-1, 1, -1, -1]);
      expect(Array.from(others ?? [])).toEqual([0, 4, 6, 4]);
      expect(Array.from(kept ?? [])).toEqual([Number.NaN, 1.5, 0, 0]);
    }
  });

  test('conditions that come from outside, comparisons of whole numbers and unknown shapes stay as they are', () => {
    const given = optimize(
      program(
        {
          inputs: {
            x: { shape: [2, 2] },
            flag: { dtype: 'bool', shape: [2, 2] },
            at: { dtype: 'int64', shape: [2, 2] },
            rows: { shape: ['batch', 2] },
          },
          state: {},
        },
        ({ x, flag, at, rows }) => ({
          outputs: {
            chosen: where(flag, exp(x), x),
            same: toFloat(equal(at, at)),
            more: toFloat(greater(rows, 0)),
          },
        }),
      ),
    );
    expect(names(fuse(given)).toSorted()).toEqual(
      ['exp', 'where', 'equal', 'toFloat', 'greater', 'toFloat'].toSorted(),
    );
  });
});
