import { describe, expect, it } from 'vitest';

import { DataError } from './errors.ts';
import { allocateVectors, floatsAt, partOfVector } from './shared-vector.ts';

describe('allocateVectors', () => {
  it('gives vectors of zeros that do not touch, in one memory, at multiples of a cache line', () => {
    const vectors = allocateVectors({ a: 3, b: 17, none: 0, c: 20_000 });
    expect(Object.values(vectors).map(({ length }) => length)).toEqual([3, 17, 0, 20_000]);
    expect(new Set(Object.values(vectors).map(({ memory }) => memory)).size).toBe(1);
    expect(Object.values(vectors).map(({ byteOffset }) => byteOffset)).toEqual([0, 64, 192, 192]);
    expect(new Set(floatsAt(vectors.c))).toEqual(new Set([0]));
    floatsAt(vectors.a).fill(1);
    floatsAt(vectors.c).fill(3);
    expect(new Set(floatsAt(vectors.b))).toEqual(new Set([0]));
    expect([...floatsAt(vectors.a)]).toEqual([1, 1, 1]);
  });

  it('gives memory whose clones are the same memory', () => {
    const { a } = allocateVectors({ a: 2 });
    floatsAt(structuredClone(a))[1] = 5;
    expect([...floatsAt(a)]).toEqual([0, 5]);
  });

  it.each([-1, 1.5, Number.NaN])('refuses a length of %d', (length) => {
    expect(() => allocateVectors({ a: length })).toThrow(DataError);
    expect(() => allocateVectors({ a: length })).toThrow(
      `a has length ${length}, expected a whole number >= 0`,
    );
  });
});

describe('partOfVector', () => {
  it('is the same numbers', () => {
    const { a } = allocateVectors({ a: 5 });
    floatsAt(a).set([1, 2, 3, 4, 5]);
    const part = floatsAt(partOfVector(a, 1, 3));
    expect([...part]).toEqual([2, 3]);
    part[0] = 9;
    expect(floatsAt(a)[1]).toBe(9);
  });

  it.each([
    [-1, 2],
    [3, 2],
    [0, 6],
    [Number.NaN, 2],
  ])('refuses %d to %d of five entries', (start, end) => {
    const { a } = allocateVectors({ a: 5 });
    expect(() => partOfVector(a, start, end)).toThrow(
      `${start} to ${end} is not inside a vector of 5 entries`,
    );
  });
});
