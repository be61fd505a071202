import { describe, expect, it } from 'vitest';

import { DataError, GraphError } from './errors.ts';
import { grad } from './grad.ts';
import { add, mul, sum } from './ops/index.ts';
import { parameterLayout } from './parameters.ts';
import { program } from './program.ts';
import { referenceRuntime } from './runtimes/reference.ts';
import { expectClose } from './testing/expect-close.ts';
import { symbol } from './testing/symbol.ts';

const layout = parameterLayout([
  { name: 'weight', shape: [2, 3] },
  { name: 'slope', shape: [] },
  { name: 'bias', shape: [2] },
]);
const values = {
  bias: { shape: [2], data: [8, 9] },
  weight: { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) },
  slope: { shape: [], data: [7] },
};

describe('parameterLayout', () => {
  it('lays values out in the order of the specs', () => {
    expect(layout.size).toBe(9);
    expect(layout.flatten(values)).toEqual(new Float32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]));
  });

  it('takes a flat vector apart again', () => {
    const parts = layout.unflatten([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Object.keys(parts)).toEqual(['weight', 'slope', 'bias']);
    expect(parts['weight']).toEqual({ shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) });
    expect(parts['slope']).toEqual({ shape: [], data: new Float32Array([7]) });
    expect(layout.flatten(parts)).toEqual(layout.flatten(values));
  });

  it('gives copies, in the precision of the vector', () => {
    const flat = Float64Array.from({ length: 9 }, (_, i) => i + 0.1);
    const { bias } = layout.unflatten(flat);
    bias?.data.fill(0);
    expect(flat[8]).toBe(8.1);
    expect(layout.unflatten(flat)['slope']?.data).toEqual(new Float64Array([6.1]));
  });

  it('gives parameters as tensors of which each can be differentiated through the flat vector', async () => {
    const built = program({ inputs: { flat: { shape: [9] } }, state: {} }, ({ flat }) => {
      const parameters = layout.unpack(flat);
      expect(parameters('weight').shape).toEqual([2, 3]);
      expect(parameters('slope').shape).toEqual([]);
      const loss = add(sum(mul(parameters('weight'), parameters('slope'))), sum(mul(parameters('bias'), 3)));
      const [gradient] = grad(loss, [flat]);
      return { outputs: { loss, gradient } };
    });
    const { loss, gradient } = await (
      await referenceRuntime.load(built)
    ).run({ flat: layout.flatten(values) });
    expectClose(loss, [21 * 7 + 17 * 3], 0);
    expectClose(gradient, [7, 7, 7, 7, 7, 7, 21, 3, 3], 0);
  });

  it('works with a single parameter', () => {
    const single = parameterLayout([{ name: 'w', shape: [2, 2] }]);
    expect(single.unpack(symbol([4]))('w').shape).toEqual([2, 2]);
  });
});

describe('parameterLayout refuses', () => {
  it('a name that occurs twice', () => {
    const twice = [
      { name: 'w', shape: [1] },
      { name: 'w', shape: [2] },
    ];
    expect(() => parameterLayout(twice)).toThrow(
      new GraphError('parameterLayout: two parameters have the same name. Give each network its own.'),
    );
  });

  it('to look up a name that does not exist', () => {
    const parameters = layout.unpack(symbol([9]));
    expect(() => parameters('gain')).toThrow(new GraphError('unknown parameter gain.'));
  });

  it('a flat tensor of another size', () => {
    expect(() => layout.unpack(symbol([8]))).toThrow(
      'split: sizes [6, 1, 2] must be whole numbers >= 1 with sum 8',
    );
  });

  it('a flat vector of another size', () => {
    expect(() => layout.unflatten(new Float32Array(8))).toThrow(
      new DataError('unflatten: the vector has 8 elements, expected 9.'),
    );
  });

  const { bias, ...withoutBias } = values;
  it.each([
    ['a missing value', withoutBias, 'flatten: parameter bias must be [2], got nothing.'],
    ['an unknown value', { ...values, gain: bias }, 'flatten: unknown parameter gain.'],
    [
      'a value of another shape',
      { ...values, bias: { shape: [1, 2], data: [1, 2] } },
      'flatten: parameter bias must be [2], got [1, 2] with 2 elements.',
    ],
    [
      'a value of another size',
      { ...values, bias: { shape: [2], data: [1] } },
      'flatten: parameter bias must be [2], got [2] with 1 elements.',
    ],
  ])('%s', (_, given, message) => {
    expect(() => layout.flatten(given)).toThrow(new DataError(message));
  });
});
