import { expect, it } from 'vitest';
import { formatPairs, formatTable } from './table.ts';

it('formatTable puts text left and numbers right', () => {
  const rows = [
    ['(5, 0)', 104],
    ['(-5, 0)', 8],
  ] as const;
  expect(formatTable(['goal', 'episodes'], rows)).toBe(
    ['goal     episodes', '(5, 0)        104', '(-5, 0)         8'].join('\n'),
  );
});

it('formatTable without rows is its header', () => {
  expect(formatTable(['a', 'b'], [])).toBe('a  b');
});

it('formatPairs lines up the values', () => {
  expect(formatPairs({ a: 1, long: 'x' })).toBe('a     1\nlong  x');
});
