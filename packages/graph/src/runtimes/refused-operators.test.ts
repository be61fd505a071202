import { expect, it } from 'vitest';

import { add, exp, matmul, mul, tanh } from '../ops/index.ts';
import { program, resultsOf } from '../program.ts';
import type { Runtime } from '../runtime.ts';
import { topologicalOrder } from '../topological-order.ts';
import { referenceRuntime } from './reference.ts';
import { refusedOperators } from './refused-operators.ts';

/** A runtime that loads no program with some operators. */
const without = (...lacking: readonly string[]): Runtime => ({
  ...referenceRuntime,
  load: (given, options) => {
    for (const node of topologicalOrder(resultsOf(given)))
      if (node.kind === 'operator' && lacking.includes(node.operator)) throw new Error('refused');
    return referenceRuntime.load(given, options);
  },
});

const learner = program(
  {
    inputs: { x: { shape: ['batch', 2] } },
    state: { w: { shape: [2, 2], initial: [1, 2, 3, 4] } },
  },
  ({ x }, { w }) => ({
    outputs: { y: tanh(add(matmul(x, w), 1)) },
    next: { w: exp(mul(w, exp(w))) },
  }),
);

it('names each operator that a runtime lacks once', async () => {
  expect((await refusedOperators(learner, without('exp', 'matmul'))).toSorted()).toEqual(['exp', 'matmul']);
});

it('names none where a runtime has them all, or lacks what the program does not use', async () => {
  expect(await refusedOperators(learner, without('sqrt'))).toEqual([]);
});

it('names none where a runtime loads nothing at all: it is not for the operators', async () => {
  expect(await refusedOperators(learner, without('exp', 'neg'))).toEqual([]);
});
