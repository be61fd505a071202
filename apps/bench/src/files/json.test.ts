import { expect, it } from 'vitest';
import { toJson } from './json.ts';

it('toJson writes typed arrays as lists', () => {
  expect(toJson({ a: Float32Array.of(1, 2), b: NaN })).toBe(
    '{\n  "a": [\n    1,\n    2\n  ],\n  "b": null\n}\n',
  );
});
