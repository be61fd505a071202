import {
  add,
  concat,
  linear,
  matmul,
  mean,
  mul,
  program,
  referenceRuntime,
  relu,
  tanh,
} from '@meow-rl/graph';
import { describe, expect, test } from 'vitest';

import { expectClose } from '../../graph/src/testing/expect-close.ts';
import { numbersBetween } from '../../graph/src/testing/random.ts';
import { onnxRuntimeFused } from './index.ts';
import { isLeftOut } from './testing/availability.ts';

const state = {
  w: { shape: [4, 3], initial: numbersBetween(1, 12, -1, 1) },
  b: { shape: [4], initial: numbersBetween(2, 4, -1, 1) },
} as const;

const actor = program({ inputs: { x: { shape: ['batch', 3] } }, state }, ({ x }, { w, b }) => ({
  outputs: { y: mul(tanh(linear(x, w, b)), 2) },
}));

/** Its state changes with each run, whatever the length. */
const counter = program({ inputs: { x: { shape: ['batch', 4] } }, state }, ({ x }, { w, b }) => ({
  outputs: { y: add(x, b) },
  next: { b: add(b, mean(x, { axes: [0] })), w: mul(w, 0.5) },
}));

const rowsOf = (rows: number, seed: number) => Float32Array.from(numbersBetween(seed, 3 * rows, -1, 1));

describe.skipIf(isLeftOut)('programs of known shapes', () => {
  test('give a next state that the run after reads as it was written', async () => {
    const size = 40;
    const squares = program(
      {
        inputs: { a: { shape: [size, size] } },
        state: { w: { shape: [size, size], initial: numbersBetween(3, size * size, -1, 1) } },
      },
      ({ a }, { w }) => ({ outputs: { seen: relu(w) }, next: { w: matmul(w, a) } }),
    );
    const fused = await onnxRuntimeFused().load(squares);
    const plain = await referenceRuntime.load(squares);
    for (const seed of [1, 2, 3, 4]) {
      const a = Float32Array.from(numbersBetween(seed, size * size, -0.15, 0.15));
      expectClose((await fused.run({ a })).seen, (await plain.run({ a })).seen, 1e-5, `run ${seed}`);
    }
    await fused.dispose();
  });

  test('put many matrices beside each other', async () => {
    const shape = [2, 3];
    const names = Array.from({ length: 17 }, (_, i) => `x${i}`);
    const joined = program(
      { inputs: Object.fromEntries(names.map((name) => [name, { shape }])), state: {} },
      (inputs) => ({ outputs: { y: relu(concat(Object.values(inputs), 1)) } }),
    );
    const inputs = Object.fromEntries(
      names.map((name, i) => [name, Float32Array.from(numbersBetween(i, 6, -1, 1))]),
    );
    const fused = await onnxRuntimeFused().load(joined);
    const plain = await referenceRuntime.load(joined);
    expectClose((await fused.run(inputs)).y, (await plain.run(inputs)).y, 1e-6, 'y');
    await fused.dispose();
  });
});

describe.skipIf(isLeftOut)('programs with named axes', () => {
  test('give what the reference gives, at every length', async () => {
    const fused = await onnxRuntimeFused().load(actor);
    const plain = await referenceRuntime.load(actor);
    for (const rows of [1, 2, 3, 10, 100]) {
      const inputs = { x: rowsOf(rows, rows) };
      expectClose((await fused.run(inputs)).y, (await plain.run(inputs)).y, 1e-6, `${rows} rows`);
    }
    await fused.dispose();
    await expect(fused.run({ x: rowsOf(1, 1) })).rejects.toThrow('disposed of');
  });

  test('give the same bits whatever lengths were run before, also more than are kept', async () => {
    const runtime = onnxRuntimeFused();
    const lengths = [...Array.from({ length: 12 }, (_, i) => i + 1), 3, 1, 12, 12, 1];
    const expected = new Map<number, Float32Array>();
    for (const rows of lengths) {
      const fresh = await runtime.load(actor);
      expected.set(rows, Float32Array.from((await fresh.run({ x: rowsOf(rows, 7) })).y));
      await fresh.dispose();
    }
    const executable = await runtime.load(actor);
    for (const rows of [...lengths, ...lengths.toReversed()])
      expect((await executable.run({ x: rowsOf(rows, 7) })).y, `${rows} rows`).toEqual(expected.get(rows));
    await executable.dispose();
  });

  test('share states with each other and between lengths', async () => {
    const runtime = onnxRuntimeFused();
    const counting = await runtime.load(counter);
    const acting = await runtime.load(actor, { state: counting.state });
    const reference = await referenceRuntime.load(counter);
    const referenceActing = await referenceRuntime.load(actor, { state: reference.state });
    for (const rows of [1, 5, 1, 2, 5]) {
      const x = Float32Array.from(numbersBetween(rows, 4 * rows, -1, 1));
      expectClose((await counting.run({ x })).y, (await reference.run({ x })).y, 1e-6);
      for (const name of ['w', 'b'] as const)
        expectClose(counting.state.read(name), reference.state.read(name), 1e-6, name);
      const seen = { x: rowsOf(2, rows) };
      expectClose((await acting.run(seen)).y, (await referenceActing.run(seen)).y, 1e-6);
    }
    counting.state.write('b', [9, 9, 9, 9]);
    const { y } = await acting.run({ x: rowsOf(5, 3) });
    expectClose(
      y,
      Array.from({ length: 20 }, () => 2),
      1e-4,
    );
    await acting.dispose();
    await counting.dispose();
  });

  test('say what does not fit, and go on', async () => {
    const executable = await onnxRuntimeFused().load(actor);
    await expect(executable.run({ x: new Float32Array(4) })).rejects.toThrow(
      'input x has 4 elements, which does not fit [batch, 3]',
    );
    expect((await executable.run({ x: new Float32Array(6) })).y).toHaveLength(8);
    await executable.dispose();
  });
});
