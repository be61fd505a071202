import { expect, it } from 'vitest';

import { encodeFloat16, float16Values, LARGEST_FLOAT16 } from './float16.ts';

const encode = (...values: number[]): number[] => {
  const into = new Uint16Array(values.length);
  encodeFloat16(values, into, 0);
  return [...into];
};
const round = (value: number): number => float16Values()[encode(value)[0] ?? -1] ?? Number.NaN;

it('encodes what IEEE 754 says', () => {
  const known: [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [1 / 3, 0x3555],
    [LARGEST_FLOAT16, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -24, 0x03ff],
    [2 ** -24, 0x0001],
    [-(2 ** -24), 0x8001],
  ];
  expect(encode(...known.map(([value]) => value))).toEqual(known.map(([, bits]) => bits));
});

it('rounds ties to even, at every size of steps', () => {
  expect(round(1 + 2 ** -11)).toBe(1);
  expect(round(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
  expect(round(1 + 2 ** -11 + 2 ** -23)).toBe(1 + 2 ** -10);
  expect(round(-2049)).toBe(-2048);
  expect(round(2051)).toBe(2052);
  expect(round(2 ** -25)).toBe(0);
  expect(round(2 ** -25 + 2 ** -48)).toBe(2 ** -24);
  expect(round(3 * 2 ** -25)).toBe(2 ** -23);
  // From below into the next power of two, and from the subnormal numbers into the normal ones.
  expect(round(2 - 2 ** -12)).toBe(2);
  expect(round(2 ** -14 - 2 ** -26)).toBe(2 ** -14);
  expect(round(65519)).toBe(LARGEST_FLOAT16);
});

it('gives every finite float16 back with the same bits', () => {
  const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
    (bits) => (bits & 0x7c00) !== 0x7c00,
  );
  const values = finite.map((bits) => float16Values()[bits] ?? Number.NaN);
  expect(encode(...values)).toEqual(finite);
  const ascending = values.slice(0, 0x7c00);
  expect(ascending.every((value, i) => i === 0 || value > (ascending[i - 1] ?? 0))).toBe(true);
});

it('is as near as any other float16', () => {
  const values = float16Values();
  const sources = Array.from({ length: 20_000 }, (_, i) =>
    Math.fround(Math.sin(i + 1) * 2 ** ((i % 42) - 26)),
  );
  const farther = sources.filter((value) => {
    const [bits = 0] = encode(value);
    const distance = (other: number) => Math.abs((values[other & 0xffff] ?? Number.NaN) - value);
    return [bits - 1, bits + 1].some((other) => distance(other) < distance(bits));
  });
  expect(farther).toEqual([]);
});

it('keeps the relative error within 2^-11 from 2^-14 on, and the absolute one within 2^-25 below', () => {
  let largest = 0;
  let largestBelow = 0;
  for (let i = 1; i < 50_000; i += 1) {
    const value = Math.fround((1 + (i % 9973) / 9973) * 2 ** ((i % 29) - 14) * (i % 2 === 0 ? 1 : -1));
    largest = Math.max(largest, Math.abs(round(value) / value - 1));
    const small = Math.fround((i / 50_000) * 2 ** -14);
    largestBelow = Math.max(largestBelow, Math.abs(round(small) - small));
  }
  expect(largest).toBeLessThanOrEqual(2 ** -11);
  expect(largest).toBeGreaterThan(0.98 * 2 ** -11);
  expect(largestBelow).toBeLessThanOrEqual(2 ** -25);
  expect(largestBelow).toBeGreaterThan(0.98 * 2 ** -25);
});

it('writes from a place on, in blocks as in one', () => {
  const values = Array.from({ length: 2500 }, (_, i) => i / 8);
  const into = new Uint16Array(2502).fill(7);
  encodeFloat16(values, into, 1);
  expect([into[0], into[2501]]).toEqual([7, 7]);
  expect([...into.subarray(1, 2501)]).toEqual(values.flatMap((value) => encode(value)));
});
