import { expect, test } from 'vitest';

import { withOpen } from './with-open.ts';

const closing = (closed: string[], name: string, error?: Error) => ({
  close: async () => {
    closed.push(name);
    if (error) throw error;
  },
});

test('everything opened is closed, the last first', async () => {
  const closed: string[] = [];
  const result = await withOpen(async (open) => {
    open(closing(closed, 'a'));
    open(closing(closed, 'b'));
    return 7;
  });
  expect([result, closed]).toEqual([7, ['b', 'a']]);
});

test('the first failure is thrown, and the rest is closed all the same', async () => {
  const closed: string[] = [];
  const full = new Error('the disk is full');
  const failing = withOpen(async (open) => {
    open(closing(closed, 'a'));
    open(closing(closed, 'b', new Error('the disk is still full')));
    throw full;
  });
  await expect(failing).rejects.toBe(full);
  expect(closed).toEqual(['b', 'a']);
  const late = withOpen(async (open) => {
    open(closing(closed, 'c'));
    open(closing(closed, 'd', full));
  });
  await expect(late).rejects.toBe(full);
  expect(closed).toEqual(['b', 'a', 'd', 'c']);
});

test('a failure of closing can be kept beside the result, one of the work cannot', async () => {
  const [closed, failures]: [string[], unknown[]] = [[], []];
  const full = new Error('the disk is full');
  const work = async (open: (resource: ReturnType<typeof closing>) => unknown) => {
    open(closing(closed, 'a'));
    open(closing(closed, 'b', full));
    return 7;
  };
  expect(await withOpen(work, (error) => failures.push(error))).toBe(7);
  expect([closed, failures]).toEqual([['b', 'a'], [full]]);
  const failing = withOpen(
    async (open) => {
      await work(open);
      throw new Error('diverged');
    },
    (error) => failures.push(error),
  );
  await expect(failing).rejects.toThrow('diverged');
  expect(failures).toEqual([full]);
});
