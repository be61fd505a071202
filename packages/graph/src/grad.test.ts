import { describe, expect, it } from 'vitest';

import { GraphError } from './errors.ts';
import { grad } from './grad.ts';
import { onnxRuntimeNode } from './onnxruntime-node.ts';
import {
  add,
  concat,
  div,
  exp,
  greater,
  mean,
  mul,
  split,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  toFloat,
} from './ops/index.ts';
import { program } from './program.ts';
import { referenceRuntime } from './runtimes/reference.ts';
import { expectClose } from './testing/expect-close.ts';
import { symbol } from './testing/symbol.ts';
import { constant } from './tensor.ts';
import type { Tensor } from './tensor.ts';
import { topologicalOrder } from './topological-order.ts';

/** Gradient of a function of one vector x, at a point, on the reference runtime. */
async function gradientAt(
  x: readonly number[],
  loss: (x: Tensor) => Tensor,
): Promise<Float32Array | Float64Array> {
  const built = program({ inputs: { x: { shape: [x.length] } }, state: {} }, ({ x }) => {
    const [gradient] = grad(loss(x), [x]);
    return { outputs: { gradient } };
  });
  const executable = await referenceRuntime.load(built);
  return (await executable.run({ x })).gradient;
}

describe('grad', () => {
  it('is 1 for the loss itself', async () => {
    const loss = sum(constant([1, 2]));
    const [gradient] = grad(loss, [loss]);
    expect(gradient.node).toMatchObject({ kind: 'constant', data: [1] });
  });

  it('adds up what comes from several uses of a tensor', async () => {
    // d/dx (x eˣ + eˣ) = (x + 2) eˣ
    const gradient = await gradientAt([0, 1], (x) => {
      const shared = exp(x);
      return sum(add(mul(x, shared), shared));
    });
    expectClose(gradient, [2, 3 * Math.E], 1e-12);
  });

  it('gives intermediate tensors their whole gradient beside their inputs', async () => {
    const built = program({ inputs: { x: { shape: [1] } }, state: {} }, ({ x }) => {
      const middle = square(x);
      const [ofX, ofMiddle] = grad(sum(mul(middle, middle)), [x, middle]);
      return { outputs: { ofX, ofMiddle } };
    });
    const { ofX, ofMiddle } = await (await referenceRuntime.load(built)).run({ x: [3] });
    expectClose(ofX, [108], 1e-12);
    expectClose(ofMiddle, [18], 1e-12);
  });

  it('does not look behind stopGradient', async () => {
    const gradient = await gradientAt([2, 3], (x) => sum(mul(stopGradient(square(x)), x)));
    expectClose(gradient, [4, 9], 1e-12);
  });

  it('takes each output of a node for itself', async () => {
    const built = program({ inputs: { x: { shape: [3] } }, state: {} }, ({ x }) => {
      const [first = x, rest = x] = split(x, [1, 2]);
      const loss = add(sum(mul(first, 5)), sum(square(rest)));
      const [ofX, ofRest] = grad(loss, [x, rest]);
      return { outputs: { ofX, ofRest } };
    });
    const { ofX, ofRest } = await (await referenceRuntime.load(built)).run({ x: [1, 2, 3] });
    expectClose(ofX, [5, 4, 6], 1e-12);
    expectClose(ofRest, [4, 6], 1e-12);
  });

  it('refuses an output of a node that the loss does not read', () => {
    const [first = symbol([1]), second = symbol([1])] = split(symbol([2]), [1, 1]);
    expect(() => grad(sum(first), [second])).toThrow('does not depend on entry 0 of wrt (split [1])');
  });

  it('follows a chain of 5,000 nodes on every runtime', async () => {
    const chain = program({ inputs: { x: { shape: [2] } }, state: {} }, ({ x }) => {
      let y = x;
      for (let i = 0; i < 5_000; i++) y = i % 2 === 0 ? mul(y, 1.001) : div(y, 1.001);
      const [gradient] = grad(sum(tanh(y)), [x]);
      return { outputs: { gradient } };
    });
    expect(topologicalOrder([chain.outputs.gradient]).length).toBeGreaterThan(10_000);
    const expected = [1 - Math.tanh(0.5) ** 2, 1 - Math.tanh(-1) ** 2];
    const exact = await (await referenceRuntime.load(chain)).run({ x: [0.5, -1] });
    expectClose(exact.gradient, expected, 1e-9);
    const executable = await onnxRuntimeNode().load(chain);
    expectClose((await executable.run({ x: [0.5, -1] })).gradient, expected, 1e-3);
    await executable.dispose();
  });
});

describe('grad refuses', () => {
  const x = symbol([2]);

  it('a loss that is not a scalar', () => {
    expect(() => grad(x, [x])).toThrow(
      new GraphError('grad: the loss must be a float32 scalar, got float32 [2]. Take its mean or sum.'),
    );
  });

  it('a loss that is not float32', () => {
    const flag = greater(sum(x), 0);
    expect(() => grad(flag, [x])).toThrow('grad: the loss must be a float32 scalar, got bool [].');
  });

  it.each([
    ['a tensor that the loss does not read', () => sum(symbol([2]))],
    ['a tensor behind stopGradient', () => sum(stopGradient(x))],
    ['a tensor behind a comparison', () => sum(toFloat(greater(x, 0)))],
  ])('%s', (_, loss) => {
    expect(() => grad(loss(), [x])).toThrow(
      new GraphError(
        'grad: the loss does not depend on entry 0 of wrt (symbol [2]). Leave it out, or look for a stopGradient between them.',
      ),
    );
  });

  it('and names the entry', () => {
    const y = exp(symbol([3]));
    expect(() => grad(mean(sub(x, 1)), [x, y])).toThrow('entry 1 of wrt (exp [3])');
  });

  it('nothing where a gradient is 0 but defined', async () => {
    expectClose(await gradientAt([1, 2], (x) => sum(concat([mul(x, 0), x]))), [1, 1], 0);
  });
});
