import { describe, expect, it } from 'vitest';

import { GraphError } from './errors.ts';
import { add, greater, mul, reshape, sum } from './ops/index.ts';
import { program, resultsOf } from './program.ts';
import type { Tensor } from './tensor.ts';

const spec = {
  inputs: { x: { shape: ['batch', 2] }, at: { shape: [1], dtype: 'int64' } },
  state: { w: { shape: [2], initial: [1, 2] }, v: { shape: [], initial: [0] } },
} as const;

describe('program', () => {
  it('hands inputs and state to the build function', () => {
    const built = program(spec, ({ x, at }, { w, v }) => {
      expect(x).toMatchObject({ dtype: 'float32', shape: ['batch', 2] });
      expect(at).toMatchObject({ dtype: 'int64', shape: [1] });
      expect(w).toMatchObject({ dtype: 'float32', shape: [2] });
      return { outputs: { y: mul(x, w) }, next: { v: add(v, 1) } };
    });
    expect(built.state.w).toMatchObject({ shape: [2], initial: [1, 2], next: undefined });
    expect(resultsOf(built)).toEqual([built.outputs.y, built.state.v.next]);
  });

  it('leaves out a next value that is the value', () => {
    const built = program(spec, ({ x }, { w }) => ({ outputs: { x }, next: { w } }));
    expect(built.state.w.next).toBeUndefined();
  });
});

const replacing = (next: (w: Tensor) => Readonly<Record<string, Tensor>>) => () =>
  program(spec, ({ x }, { w }) => ({ outputs: { x }, next: next(w) }));

describe('program refuses', () => {
  it('an initial value of another size', () => {
    const state = { w: { shape: [2, 2], initial: [1, 2, 3] } };
    expect(() => program({ inputs: {}, state }, () => ({ outputs: {} }))).toThrow(
      new GraphError('program: state w is [2, 2] but its initial value has 3 elements.'),
    );
  });

  it('a next value of another shape', () => {
    expect(replacing((w) => ({ w: reshape(w, [1, 2]) }))).toThrow(
      new GraphError('program: next value of state w is float32 [1, 2], expected float32 [2].'),
    );
  });

  it('a next value of another dtype', () => {
    expect(replacing((w) => ({ w: greater(w, 0) }))).toThrow(
      new GraphError('program: next value of state w is bool [2], expected float32 [2].'),
    );
  });

  it('a next value of a state that it does not have', () => {
    expect(replacing((w) => ({ weights: w }))).toThrow(
      new GraphError('program: there is no state weights to replace. It has w, v.'),
    );
  });

  it('a placeholder of another program', () => {
    const other = program(spec, ({ x }) => ({ outputs: { y: sum(x) } }));
    expect(() => program(spec, ({ x }) => ({ outputs: { y: add(x, other.outputs.y) } }))).toThrow(
      new GraphError(
        'program: it reads input x, which belongs to another program. Use the tensors handed to the build function.',
      ),
    );
    expect(() =>
      program(spec, (_, { w }) => ({ outputs: {}, next: { w: mul(w, other.state.w.value) } })),
    ).toThrow('program: it reads state w, which belongs to another program.');
  });

  it('an axis length that is none', () => {
    const inputs = { x: { shape: [-2] } };
    expect(() => program({ inputs, state: {} }, () => ({ outputs: {} }))).toThrow(
      'input x: -2 is not an axis length.',
    );
  });
});
