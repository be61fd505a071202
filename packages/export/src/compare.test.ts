import { expect, test } from 'vitest';

import { differenceOf } from './compare.ts';

/** Compares with 1, 2, 3, 4 in rows of two, by a measure of 0.1. */
const compare = (actual: readonly number[], expected: readonly number[] = [1, 2, 3, 4]) =>
  differenceOf({
    file: 'a.onnx',
    output: 'y',
    actual,
    expected,
    width: 2,
    measure: (_, entry) => ({ scale: entry + 1, allowed: 0.125 }),
    advice: 'Look at it.',
  });

test('is the largest one by its measure, and may be just what is allowed', () => {
  expect(compare([1, 2, 3, 4])).toEqual({ largest: 0, mean: 0 });
  expect(compare([1.0625, 2.25, 3, 4])).toEqual({ largest: 0.125, mean: 0.1875 / 4 });
});

test('names the worst of those that are too large', () => {
  expect(() => compare([1.25, 2, 3, 4.75])).toThrow(
    'a.onnx and the agent differ by 0.375 in y, allowed is 0.125: it gives 4.75 instead of 4 in entry 1 of row 1. The file is not kept. Look at it.',
  );
});

test.each([
  ['no number', [1, 2, Number.NaN, 4], 'NaN'],
  ['no number, beside one that is off', [5, 2, Number.NaN, 9], 'NaN'],
  ['infinite', [1, 2, -Infinity, 4], '-Infinity'],
])('no file is kept that gives what is %s', (_, actual, given) => {
  expect(() => compare(actual)).toThrow(`it gives ${given} instead of 3 in entry 0 of row 1`);
});

test('no file is kept that gives too few numbers', () => {
  expect(() => compare([1, 2, 3])).toThrow('instead of 4 in entry 1 of row 1');
});
