import { describe, expect, it } from 'vitest';

import { DataError } from '../errors.ts';
import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { add, mul, reshape, slice, split, where, window } from '../ops/index.ts';
import { program } from '../program.ts';
import { constant } from '../tensor.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { expectClose } from '../testing/expect-close.ts';
import { takeViews } from './views.ts';

const bank = constant(Float32Array.from({ length: 10 }, (_, i) => i + 1));
const at = { dtype: 'int64', shape: [2] } as const;

/** Two windows into one constant, one of them used twice and in another shape. */
const masked = program({ inputs: { x: { shape: [2, 2] }, at }, state: {} }, ({ x, at }) => {
  const first = reshape(window(bank, slice(at, { start: 0, end: 1 }), 4), [2, 2]);
  const second = window(bank, slice(at, { start: 1, end: 2 }), 3);
  return { outputs: { y: mul(add(x, first), first), second } };
});

/** Five parameters of which two in the middle are read, and their state changes. */
const parted = (learns: boolean) =>
  program(
    { inputs: { x: { shape: [2] } }, state: { w: { shape: [9], initial: [1, 2, 3, 4, 5, 6, 7, 8, 9] } } },
    ({ x }, { w }) => {
      const [, first, , third] = split(w, [1, 2, 1, 2, 3]);
      const y = first && third ? mul(add(x, first), reshape(third, [2])) : x;
      return { outputs: { y }, ...(learns && { next: { w: mul(w, 2) } }) };
    },
  );

describe('takeViews', () => {
  it('makes an input of each window, and leaves out what only they needed', () => {
    const { program: taken, views } = takeViews(masked);
    expect(Object.keys(taken.inputs)).toEqual(['x', 'view:0', 'view:1']);
    expect(views).toMatchObject([
      { shape: [2, 2], source: { kind: 'window', input: 'at', index: 0 } },
      { shape: [3], source: { kind: 'window', input: 'at', index: 1 } },
    ]);
  });

  it('makes an input of each part that is read, in the shape in which it is read', async () => {
    const { program: taken, views } = takeViews(parted(false), { parts: true });
    expect(views).toMatchObject([
      { shape: [2], source: { kind: 'state', state: 'w', offset: 1 } },
      { shape: [2], source: { kind: 'state', state: 'w', offset: 4 } },
    ]);
    expect(Object.keys(taken.inputs)).toEqual(['x', 'view:0', 'view:1']);
    expect(taken.state).toEqual({});
    const reference = await referenceRuntime.load(taken);
    const { y } = await reference.run({ x: [1, 1], 'view:0': [2, 3], 'view:1': [5, 6] });
    expectClose(y ?? [], [15, 24], 1e-12);
  });

  it('leaves windows alone whose position or content is computed', () => {
    const built = program({ inputs: { x: { shape: [10] }, at }, state: {} }, ({ x, at }) => ({
      outputs: { y: window(x, slice(at, { start: 0, end: 1 }), 4) },
    }));
    expect(takeViews(built)).toEqual({ program: built, views: [] });
  });

  it('leaves windows alone that are not of float32', async () => {
    const bits = constant([1, 0, 1, 1, 0], [5], 'bool');
    const built = program(
      { inputs: { x: { shape: [3] }, at: { dtype: 'int64', shape: [1] } }, state: {} },
      ({ x, at }) => ({
        outputs: { y: where(window(bits, at, 3), x, mul(-1, x)) },
      }),
    );
    const engine = await onnxRuntimeNode().load(built);
    expectClose((await engine.run({ x: [1, 2, 3], at: [1] })).y, [-1, 2, 3], 0);
    await engine.dispose();
  });

  it('keeps a position that something else reads too', async () => {
    const built = program({ inputs: { at: { dtype: 'int64', shape: [1] } }, state: {} }, ({ at }) => ({
      outputs: { y: window(bank, at, 2), position: at },
    }));
    const engine = await onnxRuntimeNode().load(built);
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
      const [actual, expected] = [await engine.run(inputs), await exact.run(inputs)];
      expectClose(actual.y, expected.y, 1e-6);
      expectClose(actual.second, expected.second, 0);
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

  it('takes the stretch of a state that is read', () => {
    const { program: taken, views } = takeViews(parted(false));
    expect(views).toEqual([{ name: 'view:0', shape: [5], source: { kind: 'state', state: 'w', offset: 1 } }]);
    expect(Object.keys(taken.inputs)).toEqual(['x', 'view:0']);
    expect(Object.keys(taken.state)).toEqual([]);
  });

  it('reads a state as it is at each run, however it was changed', async () => {
    const runtime = onnxRuntimeNode();
    const learner = await runtime.load(parted(true));
    const reader = await runtime.load(parted(false), { state: learner.state });
    const x = [10, 20];
    // (10 + 2) · 5, (20 + 3) · 6
    expectClose((await reader.run({ x })).y, [60, 138], 1e-6);
    expectClose((await learner.run({ x })).y, [60, 138], 1e-6);
    expectClose((await reader.run({ x })).y, [140, 312], 1e-6);
    expectClose((await learner.run({ x })).y, [140, 312], 1e-6);
    reader.state.write('w', [0, 1, 1, 0, 1, 1, 0, 0, 0]);
    expectClose((await reader.run({ x })).y, [11, 21], 1e-6);
    expectClose((await learner.run({ x })).y, [11, 21], 1e-6);
    expectClose(reader.state.read('w'), [0, 2, 2, 0, 2, 2, 0, 0, 0], 0);
    await reader.dispose();
    await learner.dispose();
  });
});
