import { describe, expect, test } from 'vitest';

import { rooflineOf } from './roofline.ts';

describe('roofline', () => {
  const rates = { rates: [{ shape: '1x1x1', flopsPerSecond: 1e9 }], bytesPerSecond: 1e9 };
  const work = { products: 1, flops: 5e6, compulsoryBytes: 1e6, operatorBytes: 9e6 };

  test('products bound', () => {
    expect(rooflineOf(work, rates).bound).toBeCloseTo(5, 12);
  });

  test('memory bounds', () => {
    expect(rooflineOf({ ...work, compulsoryBytes: 8e6 }, rates).bound).toBeCloseTo(8, 12);
  });

  test('the best rate counts', () => {
    const fast = { ...rates, rates: [...rates.rates, { shape: '2x2x2', flopsPerSecond: 5e9 }] };
    expect(rooflineOf(work, fast).bound).toBeCloseTo(1, 12);
  });
});
