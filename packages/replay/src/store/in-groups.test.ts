import { expect, it } from 'vitest';

import { inGroups } from './in-groups.ts';

const collect = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

it('keeps the order and runs at most four at once', async () => {
  let running = 0;
  let most = 0;
  const slow = async (i: number) => {
    most = Math.max(most, (running += 1));
    for (let turn = 0; turn < 20 - i; turn += 1) await Promise.resolve();
    running -= 1;
    return 2 * i;
  };
  expect(await collect(inGroups([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], slow))).toEqual([
    0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
  ]);
  expect(most).toBe(4);
});

it('throws the first error once all of its group have ended', async () => {
  const ended: number[] = [];
  const task = async (i: number) => {
    for (let turn = 0; turn < 10 * i; turn += 1) await Promise.resolve();
    ended.push(i);
    if (i === 1) throw new Error('one failed');
  };
  await expect(collect(inGroups([0, 1, 2, 3, 4], task))).rejects.toThrow('one failed');
  expect(ended).toEqual([0, 1, 2, 3]);
});
