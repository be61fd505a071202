import { describe, expect, it } from 'vitest';

import { add, mul, neg, reshape, concat, split, sum } from '../ops/index.ts';
import { adam, adamState } from '../optim/adam.ts';
import { globalNorm } from '../optim/clip-by-global-norm.ts';
import { allocateVectors, floatsAt, partOfVector } from '../shared-vector.ts';
import { program } from '../program.ts';
import type { Runtime } from '../runtime.ts';
import { expectClose } from './expect-close.ts';

const LENGTH = 7;
const vector = { shape: [LENGTH], initial: new Float32Array(LENGTH) };

/** Reads parts of a state, and joins what it makes of them. */
const joining = program({ inputs: { x: { shape: [3] } }, state: { w: vector } }, ({ x }, { w }) => {
  const [first = w, second = w] = split(w, [3, 4]);
  const square = reshape(second, [2, 2]);
  return { outputs: { y: concat([mul(first, x), reshape(mul(square, neg(square)), [4])]), total: sum(w) } };
});

/** Adds up two vectors, one of which may lie where the sum does. */
const adding = program(
  { inputs: {}, state: { first: vector, second: vector, sum: vector } },
  (_, { first, second }) => {
    const both = add(first, second);
    return { outputs: { norm: globalNorm(both) }, next: { sum: both } };
  },
);

/** A step from a gradient that is a state, next to numbers that the engine computes. */
const stepping = program(
  { inputs: {}, state: { parameters: vector, gradient: vector, ...adamState(LENGTH) } },
  (_, { parameters, gradient, ...moments }) => {
    const next = adam(parameters, gradient, moments, { learningRate: 0.1 });
    return {
      outputs: { norm: globalNorm(next.parameters) },
      next: { parameters: next.parameters, ...next.state },
    };
  },
);

/** What a runtime must do with `LoadOptions.places`. */
export function describePlaces(runtime: Runtime): void {
  describe(`places on ${runtime.name}`, () => {
    it('are what runs read, and write their outputs to', async () => {
      const { w, y } = allocateVectors({ w: LENGTH, y: LENGTH });
      floatsAt(w).set([1, 2, 3, 4, 5, 6, 7]);
      const executable = await runtime.load(joining, { places: { w, y } });
      for (const factor of [1, -2]) {
        floatsAt(w)[0] = factor;
        const { total, y: given } = await executable.run({ x: [1, 10, 100] });
        const expected = [factor, 20, 300, -16, -25, -36, -49];
        expectClose(floatsAt(y), expected, 1e-4);
        expectClose(given, expected, 1e-4);
        expectClose(total, [27 + factor], 1e-4);
      }
      expectClose(executable.state.read('w'), [-2, 2, 3, 4, 5, 6, 7], 0);
      executable.state.write('w', [0, 1, 0, 0, 0, 0, 0]);
      expect([...floatsAt(w)]).toEqual([0, 1, 0, 0, 0, 0, 0]);
      await executable.dispose();
    });

    it('may be written to that are read in the same run', async () => {
      const { both } = allocateVectors({ both: 2 * LENGTH });
      const first = partOfVector(both, 0, LENGTH);
      const second = partOfVector(both, LENGTH, 2 * LENGTH);
      floatsAt(both).set([1, 2, 3, 4, 5, 6, 7, 10, 20, 30, 40, 50, 60, 70]);
      const executable = await runtime.load(adding, { places: { first, second, sum: second } });
      const { norm } = await executable.run({});
      expectClose(floatsAt(both), [1, 2, 3, 4, 5, 6, 7, 11, 22, 33, 44, 55, 66, 77], 1e-6);
      expectClose(norm, [11 * Math.sqrt(140)], 1e-4);
      await executable.dispose();
    });

    it('hold a step like memory of its own, and executables that share them see it', async () => {
      const places = allocateVectors({
        parameters: LENGTH,
        gradient: LENGTH,
        firstMoment: LENGTH,
        secondMoment: LENGTH,
      });
      const [placed, free] = [await runtime.load(stepping, { places }), await runtime.load(stepping)];
      const seeing = await runtime.load(joining, { places: { w: places.parameters } });
      for (let i = 0; i < 5; i++) {
        const gradient = Float32Array.from({ length: LENGTH }, (_, k) => Math.sin(3 * i + k));
        floatsAt(places.gradient).set(gradient);
        free.state.write('gradient', gradient);
        const [found, expected] = [await placed.run({}), await free.run({})];
        expectClose(found.norm, expected.norm, 1e-6);
        expectClose(floatsAt(places.parameters), free.state.read('parameters'), 1e-6);
        expectClose(placed.state.read('adam/v'), free.state.read('adam/v'), 1e-6);
        const { total } = await seeing.run({ x: [1, 1, 1] });
        const parameters = floatsAt(places.parameters).reduce((all, value) => all + value, 0);
        expectClose(total, [parameters], 1e-5);
      }
      for (const executable of [placed, free, seeing]) await executable.dispose();
    });

    it('are refused where they do not fit', async () => {
      const ambiguous = program({ inputs: {}, state: { w: vector } }, (_, { w }) => ({
        outputs: { w: add(w, 1) },
      }));
      const places = allocateVectors({ w: LENGTH });
      await expect(runtime.load(ambiguous, { places })).rejects.toThrow('w is a state and an output');
      const { both } = allocateVectors({ both: 2 * LENGTH });
      const overlapping = {
        w: partOfVector(both, 0, LENGTH),
        y: partOfVector(both, LENGTH - 1, 2 * LENGTH - 1),
      };
      await expect(runtime.load(joining, { places: overlapping })).rejects.toThrow(
        'the output y lies where the state w does',
      );
      const { short, long } = allocateVectors({ short: 3, long: LENGTH });
      await expect(runtime.load(joining, { places: { v: long } })).rejects.toThrow(
        'places: there is no state or output v.',
      );
      await expect(runtime.load(joining, { places: { w: short } })).rejects.toThrow(
        'places: w is float32 [7], which does not fit a place of 3 entries.',
      );
    });
  });
}
