import { expect, it } from 'vitest';

import { secondsOf } from './duration.ts';

it.each([
  ['8h', 28_800],
  ['1h30m', 5400],
  ['20m', 1200],
  ['45s', 45],
  ['1d2h', 93_600],
  ['2m5s', 125],
])('%s', (text, seconds) => expect(secondsOf(text)).toBe(seconds));

it.each(['', '0s', '8', 'h', '1.5h', '30m1h', '-3m', '5 m', '1h x'])('%j is no time', (text) =>
  expect(secondsOf(text)).toBeUndefined(),
);
