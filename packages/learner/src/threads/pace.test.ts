import { expect, it } from 'vitest';

import { pace } from './pace.ts';

interface Took {
  readonly shared: number;
  readonly alone: number;
}

/** What is chosen for each update, s for shared and a for alone, if they take so long. */
function choices(updates: number, took: (update: number) => Took): string {
  const chosen = pace();
  return Array.from({ length: updates }, (_, update) => {
    const { shares } = chosen;
    chosen.took(took(update)[shares ? 'shared' : 'alone']);
    return shares ? 's' : 'a';
  }).join('');
}

/** The same, a letter for eight updates in a row, after which alone it changes. */
const turns = (updates: string) =>
  updates
    .match(/s{8}|a{8}|./g)
    ?.map(([first]) => first)
    .join('') ?? '';

const times = (ways: string, count: number) => ways.repeat(count);

const begins = (took: Took) => turns(choices(1920, () => took));

it('tries both ways in turns, then goes the faster one, and tries again after ever longer times', () => {
  expect(begins({ shared: 3, alone: 5 })).toBe(
    `s${times('sa', 4)}${times('s', 16)}${times('sa', 4)}${times('s', 64)}${times('sa', 4)}${times('s', 135)}`,
  );
  expect(begins({ shared: 7, alone: 5 })).toBe(
    `s${times('sa', 4)}${times('a', 16)}${times('as', 4)}${times('a', 64)}${times('as', 4)}${times('a', 135)}`,
  );
});

it('stays alone where sharing is no clear gain', () => {
  expect(choices(400, () => ({ shared: 4.6, alone: 5 })).slice(72, 200)).toBe('a'.repeat(128));
});

it('ends a trial early where sharing is hopeless', () => {
  expect(turns(choices(400, () => ({ shared: 12, alone: 5 })))).toBe(
    `s${'sa'}${times('a', 16)}${'as'}${times('a', 29)}`,
  );
});

const isBusy = (update: number) => update >= 3200 && update < 6400;

it('gives way at the first window that is slow, and shares again soon after the cores are free', () => {
  const chosen = choices(9600, (update) =>
    isBusy(update) ? { shared: 9, alone: 7 } : { shared: 3, alone: 5 },
  );
  const firstAfter = (from: number, letters: string) => chosen.indexOf(letters, from) - from;
  // A window, half a trial of either way, and a turn until the windows of the way that is kept come round.
  expect(firstAfter(3200, 'a'.repeat(TWO_TURNS))).toBeLessThan(128);
  expect(firstAfter(6400, 's'.repeat(TWO_TURNS))).toBeLessThan(128);
});

/** More updates than a turn of a trial has: the way is kept. */
const TWO_TURNS = 16;

it.each([
  ['of busy cores', 9, 6],
  ['of busy cores that are unlucky', 12, 6],
  ['of quiet cores', 3, 5],
])('loses little by trying: %s', (_, shared, alone) => {
  const chosen = choices(20_000, () => ({ shared, alone }));
  const milliseconds = [...chosen].reduce((sum, way) => sum + (way === 's' ? shared : alone), 0);
  expect(milliseconds / (Math.min(shared, alone) * chosen.length)).toBeLessThan(1.02);
});

const slow = (update: number, every: number) => (update % every === 0 ? 10 : 1);

it('is not misled by updates that take one to ten times as long now and then', () => {
  // Shares are slow more often, as each waits for the slower one.
  const chosen = choices(20_000, (update) => ({
    shared: 4 * slow(update, 5),
    alone: 5 * slow(update, 23),
  }));
  const shared = [...chosen].filter((way) => way === 's').length;
  expect(shared / chosen.length).toBeLessThan(0.05);
});
