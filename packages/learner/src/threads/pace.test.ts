import { expect, it } from 'vitest';

import { pace } from './pace.ts';

/** What is chosen for each update, s for shared and a for alone, if they take so long. */
function choices(updates: number, took: (update: number) => { shared: number; alone: number }): string {
  const chosen = pace();
  return Array.from({ length: updates }, (_, update) => {
    const { shares } = chosen;
    chosen.took(took(update)[shares ? 'shared' : 'alone']);
    return shares ? 's' : 'a';
  }).join('');
}

const windows = (updates: string) =>
  updates
    .match(/.{32}/g)
    ?.map((window) => window[0])
    .join('');

it('tries both ways, then goes the faster one', () => {
  expect(windows(choices(32 * 12, () => ({ shared: 3, alone: 5 })))).toBe('sassssssssss');
  expect(windows(choices(32 * 12, () => ({ shared: 9, alone: 5 })))).toBe('saaaaaaaaaaa');
});

const isBusy = (update: number) => update >= 320 && update < 1280;

it('gives way once the cores are wanted by others, and shares again once they are free', () => {
  const chosen = windows(
    choices(32 * 140, (update) => ({ shared: isBusy(update) ? 12 : 3, alone: isBusy(update) ? 6 : 5 })),
  );
  // At the end of the first window that was slow.
  expect(chosen?.slice(0, 12)).toBe('sasssssssssa');
  expect(chosen?.slice(12, 31)).toBe('a'.repeat(19));
  expect(chosen?.slice(-10)).toBe('s'.repeat(10));
});

it('loses little by trying', () => {
  const chosen = choices(32 * 1000, () => ({ shared: 12, alone: 5 }));
  const milliseconds = [...chosen].reduce((sum, way) => sum + (way === 's' ? 12 : 5), 0);
  expect(milliseconds / (5 * chosen.length)).toBeLessThan(1.1);
});
