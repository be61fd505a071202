import { expect, it } from 'vitest';
import { parseJson, toJson } from './json.ts';

it('toJson writes typed arrays as lists', () => {
  expect(toJson({ a: Float32Array.of(1, 2), b: NaN })).toBe(
    '{\n  "a": [\n    1,\n    2\n  ],\n  "b": null\n}\n',
  );
});

it('parseJson gives the value, and undefined for what is cut off', () => {
  expect(parseJson(toJson({ a: [1] }))).toEqual({ a: [1] });
  expect(parseJson('{"a":')).toBeUndefined();
});
