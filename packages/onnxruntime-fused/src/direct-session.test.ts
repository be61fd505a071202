import {
  concat,
  constant,
  expandAs,
  kthSmallest,
  layerNorm,
  linear,
  lower,
  matmul,
  max,
  mul,
  program,
  relu,
  reshape,
  serialize,
  split,
  sum,
  swish,
  tanh,
  transpose,
  window,
} from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';

import { expectClose } from '../../graph/src/testing/expect-close.ts';
import { numbersBetween } from '../../graph/src/testing/random.ts';
import { createDirectSession } from './direct-session.ts';
import { createSession } from './session.ts';
import type { FusedSession, SessionOptions } from './session.ts';
import { isLeftOut, testedSets } from './testing/availability.ts';
import { fusedModel } from './testing/fused-model.ts';
import { isUntouched, surrounded } from './testing/surrounded.ts';

const sizeOf = (dims: readonly number[]) => dims.reduce((size, dim) => size * dim, 1);

/** Layers one after the other as a policy has them: three results, of which one is read on. */
const policy = (rows: number) =>
  program(
    {
      inputs: {
        x: { shape: [rows, 5] },
        z: { shape: [rows, 3] },
        w: { shape: [20, 8] },
        b: { shape: [20] },
        scale: { shape: [20] },
        shift: { shape: [20] },
        slope: { shape: [20] },
        last: { shape: [3, 20] },
        end: { shape: [3] },
        column: { shape: [1, 3] },
        one: { shape: [1] },
      },
      state: {},
    },
    ({ x, z, w, b, scale, shift, slope, last, end, column, one }) => {
      const hidden = (latent: typeof z) =>
        swish(layerNorm(linear(concat([mul(latent, 0.5), x], 1), w, b), scale, shift), slope);
      const first = tanh(linear(hidden(z), last, end));
      const second = relu(linear(hidden(first), last, end));
      return { outputs: { first, second, value: reshape(linear(second, column, one), [rows]) } };
    },
  );

const modelOf = (given: Program): Uint8Array =>
  serialize(lower(given, { fuses: true, smallest: 1, multiplies: true }).engine);

const sessionOf = (given: Program) => createDirectSession(modelOf(given));

function openDirect(given: Program, options?: SessionOptions): FusedSession {
  const session = createDirectSession(modelOf(given), options);
  if (!session) throw new Error('it needs the engine');
  return session;
}

const feedsOf = ({ inputs }: Program, seed = 0): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }], i) => {
      const dims = shape.map(Number);
      const data = surrounded(numbersBetween(seed + i + 1, sizeOf(dims), -1, 1));
      return [name, new Tensor('float32', data, dims)];
    }),
  );

const roomsOf = ({ outputs }: Program): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { shape }]) => {
      const dims = shape.map(Number);
      return [name, new Tensor('float32', surrounded(new Float32Array(sizeOf(dims))), dims)];
    }),
  );

const floatsOf = (results: Readonly<Record<string, Tensor>>): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => {
      if (!(data instanceof Float32Array)) throw new TypeError(`${name} has no floats`);
      return [name, data];
    }),
  );

/** Results of an engine without our operators, and without the engine. */
async function bothResults(given: Program) {
  const direct = openDirect(given);
  const engine = createSession(serialize(given), 1);
  const nothing = Object.fromEntries(Object.keys(given.outputs).map((name) => [name, null]));
  const runs: {
    readonly got: Record<string, Float32Array>;
    readonly expected: Record<string, Float32Array>;
  }[] = [];
  for (const seed of [0, 100]) {
    const feeds = feedsOf(given, seed);
    const got = floatsOf(await direct.run(feeds, roomsOf(given)));
    for (const data of Object.values(got)) expect(isUntouched(data)).toBe(true);
    runs.push({ got, expected: floatsOf(await engine.run(feeds, nothing)) });
  }
  await direct.release();
  await engine.release();
  return runs;
}

/** Gives an array's memory to another thread, as far as this one can tell. */
function giveAway(tensor: Tensor | undefined): void {
  const { buffer } = tensor?.data instanceof Float32Array ? tensor.data : new Float32Array();
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength === 0) throw new TypeError('there is no memory');
  structuredClone(buffer, { transfer: [buffer] });
}

describe.skipIf(isLeftOut)('programs without the engine', () => {
  test.each([[[-1]], [[2, 5, 5, -3]], [[2, 5, 5, -9007199254740991]]])(
    'are none whose results have the shapes %j',
    (shapes) => {
      const model = fusedModel(
        {
          size: [1, 4],
          inputs: [{ kind: 0, elements: 4 }],
          outputs: [{ kind: 0, shape: [1, 4] }],
          code: [],
        },
        (node) => ({
          ...node,
          attribute: node.attribute.map((attribute) =>
            attribute.name === 'output_shapes' ? { ...attribute, ints: shapes.map(BigInt) } : attribute,
          ),
        }),
      );
      expect(createDirectSession(model)).toBe(undefined);
    },
  );

  test.each([1, 2, 7, 64])('give the bits of the engine, %i rows, run after run', async (rows) => {
    const built = policy(rows);
    for (const instructionSet of testedSets) {
      const direct = openDirect(built, { instructionSet });
      const engine = createSession(modelOf(built), 1, { instructionSet });
      const rooms = roomsOf(built);
      for (const seed of [0, 100, 200]) {
        const feeds = feedsOf(built, seed);
        const expected = floatsOf(await engine.run(feeds, { first: null, second: null, value: null }));
        const got = floatsOf(await direct.run(feeds, rooms));
        expect(got).toEqual(expected);
        expect(got['value']?.length).toBe(rows);
        expect(got['first']?.some((x) => x !== 0)).toBe(true);
        for (const data of Object.values(got)) expect(isUntouched(data)).toBe(true);
      }
      await direct.release();
      await engine.release();
    }
  });

  test('make room for what none is offered for, and take other room and numbers in the same memory', async () => {
    const built = policy(4);
    const direct = openDirect(built);
    const feeds = feedsOf(built);
    const { first, value } = floatsOf(await direct.run(feeds, { first: null, value: null }));
    const before = first?.slice();
    const rooms = roomsOf(built);
    const again = floatsOf(await direct.run(feeds, rooms));
    expect(again['first']).toEqual(before);
    expect(again['first']).toBe(rooms['first']?.data);
    expect(again['value']).toEqual(value);
    const { z } = feeds;
    if (z?.data instanceof Float32Array) z.data.fill(3);
    expect(floatsOf(await direct.run(feeds, rooms))['first']).not.toEqual(before);
    await direct.release();
  });

  const inputs = { x: { shape: [4, 6] }, y: { shape: [4, 6] } };
  const cube = { x: { shape: [2, 3, 4] } };
  const moving: Readonly<Record<string, Program>> = {
    'joins rows and columns': program({ inputs, state: {} }, ({ x, y }) => ({
      outputs: { rows: concat([x, y, x]), columns: concat([x, y], 1) },
    })),
    'joins what is joined, and what is read besides': program({ inputs, state: {} }, ({ x, y }) => {
      const [a, b] = [mul(x, 2), mul(y, 3)];
      const inner = concat([a, b]);
      return { outputs: { outer: concat([inner, matmul(a, b, { transposeA: true }), a]), again: mul(a, a) } };
    }),
    'joins the same twice, in another shape': program({ inputs, state: {} }, ({ x, y }) => {
      const flat = reshape(mul(x, y), [24]);
      return { outputs: { twice: concat([flat, flat, reshape(x, [24])]) } };
    }),
    'cuts rows, columns and what lies in between': program({ inputs: cube, state: {} }, ({ x }) => {
      const [top = x, bottom = x] = split(x, [1, 1]);
      const [, middle = x] = split(x, [1, 2], 1);
      const [, , end = x] = split(x, [1, 2, 1], 2);
      return { outputs: { top, bottom: reshape(bottom, [12]), middle, end } };
    }),
    'cuts what it has made, and reads on there': program({ inputs, state: {} }, ({ x, y }) => {
      const [a = x, b = x] = split(mul(x, y), [1, 3]);
      return { outputs: { z: matmul(b, a, { transposeB: true }), a } };
    }),
    'gives what it is given': program({ inputs, state: {} }, ({ x }) => ({
      outputs: { same: x, flat: reshape(x, [24]) },
    })),
    'turns and repeats': program({ inputs: { ...cube, v: { shape: [3, 1] } }, state: {} }, ({ x, v }) => ({
      outputs: {
        turned: transpose(x, [2, 0, 1]),
        wide: expandAs(v, constant(new Float32Array(24), [2, 3, 4])),
      },
    })),
    'takes the largest and the smallest': program(
      { inputs: { x: { shape: [2, 9, 5] }, long: { shape: [37, 33] } }, state: {} },
      ({ x, long }) => ({
        outputs: {
          rows: max(x, { axes: [1] }),
          last: max(x, { axes: [2] }),
          all: max(x),
          third: kthSmallest(x, { k: 3, axis: 1 }),
          smallest: kthSmallest(long, { k: 1, axis: 0 }),
          median: kthSmallest(long, { k: 19, axis: 0 }),
          largest: kthSmallest(long, { k: 33, axis: 1 }),
        },
      }),
    ),
  };

  test.each(Object.entries(moving))('%s', async (_, given) => {
    for (const { got, expected } of await bothResults(given)) {
      expect(Object.keys(got)).toEqual(Object.keys(expected));
      // Products are rounded otherwise.
      for (const [name, values] of Object.entries(expected)) expectClose(got[name] ?? [], values, 1e-6, name);
    }
  });

  const none = { x: { shape: [0, 3] }, y: { shape: [0, 2] }, v: { shape: [1, 3] }, w: { shape: [4, 3] } };
  const empty: Readonly<Record<string, Program>> = {
    'joins and cuts': program({ inputs: none, state: {} }, ({ x, y, w }) => {
      const [left = x, right = x] = split(x, [1, 2], 1);
      return { outputs: { rows: concat([w, x, w]), columns: concat([x, y, x], 1), left, right } };
    }),
    'turns and repeats': program({ inputs: none, state: {} }, ({ x, v }) => ({
      outputs: {
        turned: transpose(x, [1, 0]),
        tall: expandAs(v, x),
        wide: expandAs(reshape(sum(v), [1]), x),
      },
    })),
    'sums and multiplies': program({ inputs: none, state: {} }, ({ x, y, v, w }) => ({
      outputs: {
        rows: sum(x, { axes: [0] }),
        columns: sum(x, { axes: [1], keepDims: true }),
        largest: max(x, { axes: [1], keepDims: true }),
        product: matmul(x, w, { transposeB: true }),
        gradient: matmul(x, y, { transposeA: true }),
        layer: linear(x, w, reshape(matmul(w, v, { transposeB: true }), [4])),
      },
    })),
  };

  test.each(Object.entries(empty))('%s what has no rows', async (_, given) => {
    for (const { got, expected } of await bothResults(given))
      for (const [name, values] of Object.entries(expected)) expect(got[name], name).toEqual(values);
  });

  test('take NaN for the largest', async () => {
    const x = [3, Number.NaN, 1, 2, 5, Number.NaN, Number.NaN, 0, 4].flatMap((first) => [first, 1]);
    const given = program({ inputs: { x: { shape: [9, 2] } }, state: {} }, (read) => ({
      outputs: {
        sixth: kthSmallest(read.x, { k: 6, axis: 0 }),
        seventh: kthSmallest(read.x, { k: 7, axis: 0 }),
        largest: max(read.x, { axes: [0] }),
      },
    }));
    const direct = openDirect(given);
    const { sixth, seventh, largest } = floatsOf(
      await direct.run({ x: new Tensor('float32', Float32Array.from(x), [9, 2]) }, roomsOf(given)),
    );
    expect(sixth).toEqual(Float32Array.of(5, 1));
    expect(seventh).toEqual(Float32Array.of(Number.NaN, 1));
    expect(largest).toEqual(Float32Array.of(Number.NaN, 1));
    await direct.release();
  });

  test('sums over rows, columns and all', async () => {
    const given = program(
      { inputs: { x: { shape: [67, 70] }, v: { shape: [70] }, cube: { shape: [3, 4, 5] } }, state: {} },
      ({ x, v, cube: c }) => ({
        outputs: {
          rows: sum(x, { axes: [0] }),
          columns: sum(x, { axes: [1] }),
          vector: sum(v),
          all: sum(x),
          inner: sum(c, { axes: [1, 2], keepDims: true }),
        },
      }),
    );
    for (const { got, expected } of await bothResults(given))
      for (const [name, values] of Object.entries(expected)) expectClose(got[name] ?? [], values, 1e-5, name);
  });

  test('are only those of operators that the addon has, of known shapes', () => {
    const others: readonly Program[] = [
      program({ inputs: { x: { shape: ['rows', 3] } }, state: {} }, ({ x }) => ({
        outputs: { z: concat([x, x], 1) },
      })),
      // Axes that lie apart.
      program({ inputs: cube, state: {} }, ({ x }) => ({ outputs: { z: max(x, { axes: [0, 2] }) } })),
      // Where it is cut is told by the run.
      program(
        { inputs: { x: { shape: [9] }, at: { shape: [1], dtype: 'int64' } }, state: {} },
        ({ x, at }) => ({
          outputs: { z: window(x, at, 3) },
        }),
      ),
      // Elements of three axes.
      program({ inputs: cube, state: {} }, ({ x }) => ({ outputs: { z: tanh(x) } })),
    ];
    for (const [i, other] of others.entries()) expect(sessionOf(other), `program ${i}`).toBeUndefined();
  });

  test('say what is wrong with what they are given', async () => {
    const built = policy(2);
    const direct = openDirect(built);
    const feeds = feedsOf(built);
    const rooms = roomsOf(built);
    const { x, ...rest } = feeds;
    await expect(direct.run(rest, rooms)).rejects.toThrow('input x is missing');
    const flat = new Tensor('float32', new Float32Array(10), [10]);
    await expect(direct.run({ ...feeds, x: flat }, rooms)).rejects.toThrow(
      'input x has the dimensions [10], expected [2, 5].',
    );
    const ints = new Tensor('int64', new BigInt64Array(10), [2, 5]);
    await expect(direct.run({ ...feeds, x: ints }, rooms)).rejects.toThrow('expected a Float32Array');
    const rows = new Tensor('float32', new Float32Array(15), [3, 5]);
    await expect(direct.run({ ...feeds, x: rows }, rooms)).rejects.toThrow(
      'input x has the dimensions [3, 5], expected [2, 5].',
    );
    const small = { ...rooms, first: new Tensor('float32', new Float32Array(5), [5]) };
    await expect(direct.run(feeds, small)).rejects.toThrow('has 6 elements, its room 5');
    await expect(direct.run(feeds, { nothing: null })).rejects.toThrow('no such output as nothing');
    // And goes on.
    expect(floatsOf(await direct.run(feeds, rooms))['value']?.every(Number.isFinite)).toBe(true);

    giveAway(x);
    await expect(direct.run(feeds, rooms)).rejects.toThrow('the dimensions are not those of the data');
    giveAway(rooms['first']);
    await expect(direct.run(feedsOf(built), rooms)).rejects.toThrow(
      'the memory for the result first was transferred',
    );
    await direct.release();
    await direct.release();
    await expect(direct.run(feedsOf(built), roomsOf(built))).rejects.toThrow('the program was released');
  });

  test('keep no memory when they are released', () => {
    const model = modelOf(policy(64));
    const make = (): void => void createDirectSession(model)?.release();
    for (let i = 0; i < 20; i++) make();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 300; i++) make();
    expect(process.memoryUsage().rss - before).toBeLessThan(40e6);
  });
});
