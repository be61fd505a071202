import { describe, expect, test } from 'vitest';

import { inRounds } from './contestant.ts';
import { quantile, timingOf } from './statistics.ts';

describe('taking turns', () => {
  test('the ratio compares within a round, so a slow round changes none', async () => {
    const order: string[] = [];
    const slowness = [1, 50, 1];
    const contestants = [
      { name: 'ours', milliseconds: 2 },
      { name: 'theirs', milliseconds: 6 },
    ];
    const done: number[] = [];
    const placed = await inRounds(
      contestants,
      3,
      async ({ name, milliseconds }) => {
        order.push(name);
        const slow = milliseconds * (slowness[done.length] ?? 1);
        return [slow, slow, slow];
      },
      (round) => done.push(round),
    );
    expect(order).toEqual(['ours', 'theirs', 'ours', 'theirs', 'ours', 'theirs']);
    expect(done).toEqual([1, 2, 3]);
    expect(placed).toEqual([
      { name: 'ours', milliseconds: { median: 2, p10: 2, p90: 100 }, ratio: 1 },
      { name: 'theirs', milliseconds: { median: 6, p10: 6, p90: 300 }, ratio: 3 },
    ]);
  });

  test('quantiles', () => {
    const values = Array.from({ length: 11 }, (_, i) => 10 - i);
    expect(timingOf(values)).toEqual({ median: 5, p10: 1, p90: 9 });
    expect(quantile([], 0.5)).toBeNaN();
  });
});
