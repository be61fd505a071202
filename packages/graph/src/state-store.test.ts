import { describe, expect, it } from 'vitest';

import { DataError } from './errors.ts';
import { onnxRuntimeNode } from './onnxruntime-node.ts';
import { add, mul } from './ops/index.ts';
import { program } from './program.ts';
import { referenceRuntime } from './runtimes/reference.ts';
import { expectClose } from './testing/expect-close.ts';

const specs = {
  w: { shape: [2, 2], initial: [1, 2, 3, 4] },
  'critic/adam/m': { shape: [3], initial: [5, 6, 7] },
  count: { shape: [], initial: [0] },
};

describe.each([
  ['reference', referenceRuntime, onnxRuntimeNode()],
  ['onnxruntime-node', onnxRuntimeNode(), onnxRuntimeNode()],
] as const)('a state store of %s', (name, runtime, other) => {
  it('gives copies of what it holds, and takes values', () => {
    const store = runtime.createState(specs);
    expect(store.specs).toBe(specs);
    store.read('w').fill(9);
    expectClose(store.read('w'), [1, 2, 3, 4], 0);
    const value = new Float32Array([4, 3, 2, 1]);
    store.write('w', value);
    value.fill(9);
    const into = new Float32Array(4);
    expect(store.read('w', into)).toBe(into);
    expect([...into]).toEqual([4, 3, 2, 1]);
    expectClose(store.read('critic/adam/m'), [5, 6, 7], 0);
  });

  it('does not write to initial values, and two have states of their own', async () => {
    const initial = new Float32Array([1, 2]);
    const counting = program({ inputs: {}, state: { w: { shape: [2], initial } } }, (_, { w }) => ({
      outputs: {},
      next: { w: add(w, 1) },
    }));
    const [one, two] = [runtime.createState(counting.state), runtime.createState(counting.state)];
    const executable = await runtime.load(counting, { state: one });
    await executable.run({});
    one.write('w', mapTwice(one.read('w')));
    expectClose(one.read('w'), [4, 6], 0);
    expectClose(two.read('w'), [1, 2], 0);
    expect([...initial]).toEqual([1, 2]);
    await executable.dispose();
  });

  it('is what programs are bound to, with more states than each of them has', async () => {
    const store = runtime.createState(specs);
    const { w, count } = specs;
    const counting = program({ inputs: {}, state: { count } }, (_, state) => ({
      outputs: {},
      next: { count: add(state.count, 1) },
    }));
    const scaling = program(
      { inputs: {}, state: { w: { ...w, initial: [9, 9, 9, 9] }, count } },
      (_, state) => ({ outputs: { y: mul(state.w, state.count) } }),
    );
    const [counter, scaler] = [
      await runtime.load(counting, { state: store }),
      await runtime.load(scaling, { state: store }),
    ];
    expect(counter.state).toBe(store);
    for (const factor of [1, 2]) {
      await counter.run({});
      expectClose((await scaler.run({})).y, [factor, 2 * factor, 3 * factor, 4 * factor], 1e-6);
    }
    store.write('count', [10]);
    await counter.run({});
    await counter.dispose();
    expectClose(store.read('count'), [11], 0);
    expectClose((await scaler.run({})).y, [11, 22, 33, 44], 1e-5);
    await scaler.dispose();
  });

  it('refuses unknown names and other sizes, and is as it was then', () => {
    const store = runtime.createState(specs);
    const wider: { write(name: string, value: readonly number[]): void; read(name: string): unknown } = store;
    expect(() => wider.write('v', [1])).toThrow(
      new DataError('write: unknown state v. The store has w, critic/adam/m, count.'),
    );
    expect(() => wider.read('v')).toThrow(DataError);
    expect(() => wider.read('toString')).toThrow(DataError);
    expect(() => store.write('w', [1, 2, 3])).toThrow(
      new DataError('write: w is [2, 2] with 4 elements, got 3.'),
    );
    expect(() => store.read('w', new Float32Array(5))).toThrow(
      new DataError('read: w is [2, 2] with 4 elements, got 5.'),
    );
    expectClose(store.read('w'), [1, 2, 3, 4], 0);
    expect(() => runtime.createState({ w: { shape: [2], initial: [1] } })).toThrow(
      new DataError('createState: w is [2] with 2 elements, its initial value has 1.'),
    );
  });

  it('is refused for a program whose states it lacks or has in another shape, and by other runtimes', async () => {
    const scaling = program(
      { inputs: {}, state: { w: { shape: [4], initial: [0, 0, 0, 0] } } },
      (_, { w }) => ({
        outputs: { y: mul(w, 2) },
      }),
    );
    const { count } = specs;
    await expect(runtime.load(scaling, { state: runtime.createState({ count }) })).rejects.toThrow(
      new DataError('load: the store has no state w [4]. It has count.'),
    );
    await expect(runtime.load(scaling, { state: runtime.createState(specs) })).rejects.toThrow(
      new DataError('load: state w is [2, 2] in the store, [4] in the program. Rename one of them.'),
    );
    await expect(runtime.load(scaling, { state: other.createState(scaling.state) })).rejects.toThrow(
      new DataError(`load: the store was not made by this runtime, ${name}. Make it by its createState.`),
    );
  });
});

const mapTwice = (values: ArrayLike<number>): number[] => Array.from(values, (value) => 2 * value);
