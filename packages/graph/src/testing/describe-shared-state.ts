import { describe, expect, it } from 'vitest';

import { add, concat, mul, neg, reshape, split, sum } from '../ops/index.ts';
import { adam } from '../optim/adam.ts';
import { globalNorm } from '../optim/clip-by-global-norm.ts';
import { applyUpdates } from '../optim/gradient-transformation.ts';
import { program } from '../program.ts';
import type { Runtime } from '../runtime.ts';
import { allocateVectors, floatsAt, partOfVector } from '../shared-vector.ts';
import { expectClose } from './expect-close.ts';

const LENGTH = 7;
const vector = { shape: [LENGTH], initial: new Float32Array(LENGTH) };

/** Reads parts of a state, and joins what it makes of them to the next value of one that it doesn't read. */
const joining = program(
  { inputs: { x: { shape: [3] } }, state: { w: vector, y: vector } },
  ({ x }, { w }) => {
    const [first = w, second = w] = split(w, [3, 4]);
    const square = reshape(second, [2, 2]);
    return {
      outputs: { total: sum(w) },
      next: { y: concat([mul(first, x), reshape(mul(square, neg(square)), [4])]) },
    };
  },
);

/** Adds up two vectors, one of which may lie where the sum does. */
const adding = program(
  { inputs: {}, state: { first: vector, second: vector, sum: vector } },
  (_, { first, second }) => {
    const both = add(first, second);
    return { outputs: { norm: globalNorm(both) }, next: { sum: both } };
  },
);

const optimizer = adam({ learningRate: 0.1 });

/** A step from a gradient that is a state, next to numbers that the engine computes. */
const stepping = program(
  { inputs: {}, state: { parameters: vector, gradient: vector, ...optimizer.init(LENGTH) } },
  (_, { parameters, gradient, ...moments }) => {
    const { updates, state } = optimizer.update(gradient, moments);
    const moved = applyUpdates(parameters, updates);
    return { outputs: { norm: globalNorm(moved) }, next: { parameters: moved, ...state } };
  },
);

/** What a runtime must do with `StateStoreOptions.shared`. */
export function describeSharedState(runtime: Runtime): void {
  describe(`states in shared memory on ${runtime.name}`, () => {
    it('are what runs read and replace, whatever their initial values', async () => {
      const { w, y } = allocateVectors({ w: LENGTH, y: LENGTH });
      floatsAt(w).set([1, 2, 3, 4, 5, 6, 7]);
      const state = runtime.createState(joining.state, { shared: { w, y } });
      const executable = await runtime.load(joining, { state });
      for (const factor of [1, -2]) {
        floatsAt(w)[0] = factor;
        const { total } = await executable.run({ x: [1, 10, 100] });
        const expected = [factor, 20, 300, -16, -25, -36, -49];
        expectClose(floatsAt(y), expected, 1e-4);
        expectClose(state.read('y'), expected, 1e-4);
        expectClose(total, [27 + factor], 1e-4);
      }
      expectClose(state.read('w'), [-2, 2, 3, 4, 5, 6, 7], 0);
      state.write('w', [0, 1, 0, 0, 0, 0, 0]);
      expect([...floatsAt(w)]).toEqual([0, 1, 0, 0, 0, 0, 0]);
      await executable.dispose();
    });

    it('may be replaced where others lie that the same run reads', async () => {
      const { both } = allocateVectors({ both: 2 * LENGTH });
      const first = partOfVector(both, 0, LENGTH);
      const second = partOfVector(both, LENGTH, 2 * LENGTH);
      floatsAt(both).set([1, 2, 3, 4, 5, 6, 7, 10, 20, 30, 40, 50, 60, 70]);
      const state = runtime.createState(adding.state, { shared: { first, second, sum: second } });
      const executable = await runtime.load(adding, { state });
      const { norm } = await executable.run({});
      expectClose(floatsAt(both), [1, 2, 3, 4, 5, 6, 7, 11, 22, 33, 44, 55, 66, 77], 1e-6);
      expectClose(norm, [11 * Math.sqrt(140)], 1e-4);
      await executable.dispose();
    });

    it('keep what a run reads until it has been read, where the engine replaces a state that lies across it', async () => {
      const { all } = allocateVectors({ all: LENGTH + 1 });
      const [w, y] = [partOfVector(all, 0, LENGTH), partOfVector(all, 1, LENGTH + 1)];
      floatsAt(all).set([1, 2, 3, 4, 5, 6, 7, 8]);
      const state = runtime.createState(joining.state, { shared: { w, y } });
      const executable = await runtime.load(joining, { state });
      const { total } = await executable.run({ x: [1, 10, 100] });
      expectClose(total, [28], 1e-4);
      expectClose(floatsAt(all), [1, 1, 20, 300, -16, -25, -36, -49], 1e-4);
      await executable.dispose();
    });

    it('hold a step like memory of their own, and programs that share them see it', async () => {
      const shared = allocateVectors({
        parameters: LENGTH,
        gradient: LENGTH,
        'adam/m': LENGTH,
        'adam/v': LENGTH,
      });
      const state = runtime.createState(stepping.state, { shared });
      const [placed, free] = [await runtime.load(stepping, { state }), await runtime.load(stepping)];
      const seeing = await runtime.load(joining, {
        state: runtime.createState(joining.state, { shared: { w: shared.parameters } }),
      });
      for (let i = 0; i < 5; i++) {
        const gradient = Float32Array.from({ length: LENGTH }, (_, k) => Math.sin(3 * i + k));
        floatsAt(shared.gradient).set(gradient);
        free.state.write('gradient', gradient);
        const [got, expected] = [await placed.run({}), await free.run({})];
        expectClose(got.norm, expected.norm, 1e-6);
        expectClose(floatsAt(shared.parameters), free.state.read('parameters'), 1e-6);
        expectClose(state.read('adam/v'), free.state.read('adam/v'), 1e-6);
        expectClose(state.read('adam/biasCorrection1'), free.state.read('adam/biasCorrection1'), 0);
        const { total } = await seeing.run({ x: [1, 1, 1] });
        const parameters = floatsAt(shared.parameters).reduce((all, value) => all + value, 0);
        expectClose(total, [parameters], 1e-5);
      }
      for (const executable of [placed, free, seeing]) await executable.dispose();
    });

    it('are replaced in steps of several lengths, each of which reads what was there before all of them', async () => {
      const doubling = program(
        {
          inputs: { x: { shape: [3] } },
          state: {
            long: { shape: [4], initial: new Float32Array(4) },
            part: { shape: [3], initial: new Float32Array(3) },
            short: { shape: [3], initial: new Float32Array(3) },
            joined: { shape: [5], initial: new Float32Array(5) },
          },
        },
        ({ x }, { long, part, short }) => ({
          outputs: {},
          next: {
            long: mul(long, 2),
            short: add(short, part),
            joined: concat([mul(x, 2), reshape(sum(mul(part, x)), [1]), reshape(sum(x), [1])]),
          },
        }),
      );
      const { long, short, joined } = allocateVectors({ long: 4, short: 3, joined: 5 });
      const part = partOfVector(long, 1, 4);
      const state = runtime.createState(doubling.state, { shared: { long, part, short, joined } });
      const executable = await runtime.load(doubling, { state });
      floatsAt(long).set([1, 2, 3, 4]);
      for (let run = 0; run < 2; run++) await executable.run({ x: [1, 0, -1] });
      expectClose(floatsAt(long), [4, 8, 12, 16], 0);
      expectClose(floatsAt(short), [2 + 4, 3 + 6, 4 + 8], 0);
      expectClose(floatsAt(joined), [2, 0, -2, -4, 0], 0);
      await executable.dispose();
    });

    it('are refused where their vectors do not fit', () => {
      const { short } = allocateVectors({ short: 3 });
      expect(() => runtime.createState({ w: vector }, { shared: { w: short } })).toThrow(
        'createState: w is [7] with 7 elements, its vector has 3.',
      );
      const shared: Record<string, typeof short> = { v: short };
      expect(() => runtime.createState({ w: vector }, { shared })).toThrow(
        'createState: a vector is given for v, which is no state. The states are w.',
      );
    });
  });
}
