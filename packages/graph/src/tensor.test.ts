import { describe, expect, it } from 'vitest';

import { ShapeError } from './errors.ts';
import { constant, placeholder } from './tensor.ts';

describe('constant', () => {
  it('is a scalar for a number and a vector for an array', () => {
    expect(constant(2)).toMatchObject({ dtype: 'float32', shape: [] });
    expect(constant([1, 2])).toMatchObject({ dtype: 'float32', shape: [2] });
    expect(constant(new Float32Array(6), [2, 3], 'int64')).toMatchObject({ dtype: 'int64', shape: [2, 3] });
  });

  it('refuses data of another size', () => {
    expect(() => constant([1, 2, 3], [2, 2])).toThrow(
      new ShapeError('constant: shape [2, 2] has 4 elements but the data has 3.'),
    );
  });
});

describe('placeholder', () => {
  it.each([
    ['a negative length', [-1], '-1'],
    ['a fraction', [1.5], '1.5'],
    ['an axis without a name', [''], ''],
  ])('refuses %s', (_, shape, shown) => {
    expect(() => placeholder('input', 'x', { dtype: 'float32', shape })).toThrow(
      new ShapeError(`input x: ${shown} is not an axis length. Give whole numbers >= 0 or axis names.`),
    );
  });
});
