import { describe, expect, it } from 'vitest';

import { DataError } from '../errors.ts';
import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { add, mul, reshape, slice, window } from '../ops/index.ts';
import { program } from '../program.ts';
import { constant } from '../tensor.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { expectClose } from '../testing/expect-close.ts';
import { takeWindows } from './host-windows.ts';

const bank = constant(Float32Array.from({ length: 10 }, (_, i) => i + 1));
const at = { dtype: 'int64', shape: [2] } as const;

/** Two windows into one constant, one of them used twice and in another shape. */
const masked = program({ inputs: { x: { shape: [2, 2] }, at }, state: {} }, ({ x, at }) => {
  const first = reshape(window(bank, slice(at, { start: 0, end: 1 }), 4), [2, 2]);
  const second = window(bank, slice(at, { start: 1, end: 2 }), 3);
  return { outputs: { y: mul(add(x, first), first), second } };
});

describe('takeWindows', () => {
  it('makes an input of each window, and leaves out what only they needed', () => {
    const { program: taken, windows } = takeWindows(masked);
    expect(Object.keys(taken.inputs)).toEqual(['x', 'window:0', 'window:1']);
    expect(windows).toMatchObject([
      { shape: [2, 2], input: 'at', index: 0 },
      { shape: [3], input: 'at', index: 1 },
    ]);
    expect(windows[0]?.data).toBe(windows[1]?.data);
  });

  it('leaves windows alone whose position or content is computed', () => {
    const own = program({ inputs: { x: { shape: [10] }, at }, state: {} }, ({ x, at }) => ({
      outputs: { y: window(x, slice(at, { start: 0, end: 1 }), 4) },
    }));
    expect(takeWindows(own)).toEqual({ program: own, windows: [] });
  });

  it('keeps a position that something else reads too', async () => {
    const own = program({ inputs: { at: { dtype: 'int64', shape: [1] } }, state: {} }, ({ at }) => ({
      outputs: { y: window(bank, at, 2), position: at },
    }));
    const engine = await onnxRuntimeNode().load(own);
    const { y, position } = await engine.run({ at: [3] });
    expectClose(y, [4, 5], 0);
    expectClose(position, [3], 0);
    await engine.dispose();
  });

  it('gives on the engine what the reference gives', async () => {
    const [engine, exact] = [await onnxRuntimeNode().load(masked), await referenceRuntime.load(masked)];
    for (const positions of [
      [0, 7],
      [6, 0],
      [3, 3],
    ]) {
      const inputs = { x: [1, 2, 3, 4], at: positions };
      const [found, expected] = [await engine.run(inputs), await exact.run(inputs)];
      expectClose(found.y, expected.y, 1e-6);
      expectClose(found.second, expected.second, 0);
    }
    await engine.dispose();
  });

  it.each([
    [[7, 0], 'at has 7 in entry 0, where a window of 4 entries begins: expected 0 to 6.'],
    [[0, -1], 'at has -1 in entry 1, where a window of 3 entries begins: expected 0 to 7.'],
    [[0, 0.5], 'at has 0.5 in entry 1'],
  ])('refuses windows at %s', async (positions, message) => {
    const engine = await onnxRuntimeNode().load(masked);
    const running = engine.run({ x: [1, 2, 3, 4], at: positions });
    await expect(running).rejects.toThrow(DataError);
    await expect(engine.run({ x: [1, 2, 3, 4], at: positions })).rejects.toThrow(message);
    await engine.dispose();
  });
});
