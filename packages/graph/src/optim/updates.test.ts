import { describe, expect, it } from 'vitest';

import { ShapeError } from '../errors.ts';
import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { expectClose } from '../testing/expect-close.ts';
import { symbol } from '../testing/symbol.ts';
import { clipByGlobalNorm, globalNorm } from './clip-by-global-norm.ts';
import { polyak } from './polyak.ts';

describe.each([
  ['reference', referenceRuntime, 1e-12],
  ['onnxruntime-node', onnxRuntimeNode(), 1e-6],
] as const)('on %s', (_, runtime, tolerance) => {
  const clipped = async (g: readonly number[], maxNorm: number) => {
    const built = program({ inputs: { g: { shape: [g.length] } }, state: {} }, ({ g }) => ({
      outputs: { gradient: clipByGlobalNorm(maxNorm).update(g, {}).updates, norm: globalNorm(g) },
    }));
    const executable = await runtime.load(built);
    const outputs = await executable.run({ g });
    await executable.dispose();
    return outputs;
  };

  it('clipByGlobalNorm leaves a short gradient alone', async () => {
    const { gradient, norm } = await clipped([3, -4], 6);
    expectClose(norm, [5], tolerance);
    expectClose(gradient, [3, -4], tolerance);
  });

  it('clipByGlobalNorm shortens a long gradient', async () => {
    const { gradient, norm } = await clipped([3, -4], 0.5);
    expectClose(norm, [5], tolerance);
    expectClose(gradient, [(3 * 0.5) / 5.000001, (-4 * 0.5) / 5.000001], tolerance);
    expect(Math.hypot(...gradient)).toBeLessThan(0.5);
  });

  it('clipByGlobalNorm leaves 0 at 0 and shows NaN', async () => {
    expectClose((await clipped([0, 0], 1)).gradient, [0, 0], 0);
    expectClose((await clipped([Number.NaN, 1], 1)).norm, [Number.NaN], 0);
  });

  it('globalNorm takes every shape', async () => {
    const built = program({ inputs: { x: { shape: [2, 1, 2] } }, state: {} }, ({ x }) => ({
      outputs: { y: globalNorm(x) },
    }));
    const executable = await runtime.load(built);
    expectClose((await executable.run({ x: [1, -1, 3, 5] })).y, [6], tolerance);
    await executable.dispose();
  });

  it('polyak moves the target by a share of the distance', async () => {
    const state = { target: { shape: [2], initial: [1, 10] } };
    const built = program({ inputs: { online: { shape: [2] } }, state }, ({ online }, { target }) => ({
      outputs: {},
      next: { target: polyak(target, online, 0.25) },
    }));
    const executable = await runtime.load(built);
    await executable.run({ online: [5, 2] });
    expectClose(executable.state.read('target'), [2, 8], tolerance);
    await executable.run({ online: [2, 8] });
    expectClose(executable.state.read('target'), [2, 8], tolerance);
    await executable.dispose();
  });
});

it('globalNorm refuses a length that is known only when it runs', () => {
  expect(() => globalNorm(symbol(['batch']))).toThrow(
    new ShapeError('the number of elements of [batch] is known only when it runs'),
  );
});
