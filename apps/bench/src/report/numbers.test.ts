import { describe, expect, it } from 'vitest';
import {
  formatTick,
  formatDecimals,
  formatNumber,
  formatSeconds,
  formatShare,
  powerOfTen,
} from './numbers.ts';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [-5, '−5'],
    [4000, '4,000'],
    [0.0123, '0.0123'],
    [1e-5, '1 × 10⁻⁵'],
    [-2.346e-5, '−2.35 × 10⁻⁵'],
    [1.5e12, '1.5 × 10¹²'],
    [Number.NEGATIVE_INFINITY, '−Infinity'],
  ])('writes %d as %s', (value, expected) => {
    expect(formatNumber(value)).toBe(expected);
  });

  it('rounds to the digits asked for', () => {
    expect(formatNumber(-31.4159, 5)).toBe('−31.416');
    expect(formatNumber(123_456, 9)).toBe('123,456');
  });
});

it('formatDecimals keeps two decimals and writes a real minus', () => {
  expect([-4.04, 1, 0.126, -0.001].map(formatDecimals)).toEqual(['−4.04', '1.00', '0.13', '0.00']);
});

it('powerOfTen writes superscripts', () => {
  expect([powerOfTen(-12), powerOfTen(0), powerOfTen(3)]).toEqual(['10⁻¹²', '10⁰', '10³']);
});

it('formatSeconds changes its unit', () => {
  expect([1.234, 42.4, 59.7, 3605].map(formatSeconds)).toEqual(['1.2 s', '42 s', '1 min 0 s', '60 min 5 s']);
});

it('formatShare gives whole percents, and zero of nothing', () => {
  expect([formatShare(1, 3), formatShare(0, 0)]).toEqual(['33%', '0%']);
});

it.each([
  [7.9, 0.005, ['7.9', '7.905', '7.91']],
  [-20, 10, ['\u221220', '\u221210', '0']],
  [998, 1, ['998', '999', '1,000']],
  [0, 2e-4, ['0', '2 × 10⁻⁴', '4 × 10⁻⁴']],
  [1.2e9, 5e7, ['1.2 × 10⁹', '1.25 × 10⁹', '1.3 × 10⁹']],
])('formatTick gives neighbours of %d at %d different labels', (first, distance, labels) => {
  expect([0, 1, 2].map((i) => formatTick(first + i * distance, distance))).toEqual(labels);
});
