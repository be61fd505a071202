import type { TrainEvent } from '@meow-rl/train';
import { describe, expect, it } from 'vitest';

import { exitCodeOf } from '../cli/errors.ts';
import { userLogger } from './user-logger.ts';

const event: TrainEvent = { type: 'progress', step: 7, steps: 9, updates: 0, episodes: 0 };
const fine = { log: () => {}, close: () => {} };
const broken = () => {
  throw new Error('no network.');
};
const expected = 'A logger is { log(event), close() }, and position() if it can be gone back in';

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('what is no logger is refused by the name of its file', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'gave undefined'],
    ['null', null, 'gave null'],
    ['a function', () => {}, 'gave function'],
    ['without log', { close: fine.close }, 'has no log'],
    ['without close', { log: fine.log }, 'has no close'],
    ['a log of its own', { ...fine, log: [] }, 'has a log that is no function'],
    ['a position of its own', { ...fine, position: 3 }, 'has a position that is no function'],
  ])('%s', async (_, made, problem) => {
    const error = await failureOf(userLogger('my.mjs', () => made));
    expect(String(error)).toContain(`the logger my.mjs ${problem}. ${expected}`);
    expect(exitCodeOf(error)).toBe(2);
  });

  it.each<[string, () => unknown]>([
    ['throws', broken],
    ['rejects', () => Promise.reject(new Error('no network'))],
  ])('what makes it %s', async (_, make) => {
    const error = await failureOf(userLogger('my.mjs', make));
    expect(String(error)).toContain(`the logger my.mjs can't be made: no network. ${expected}`);
    expect(exitCodeOf(error)).toBe(1);
  });
});

describe('a failure names the file and where it was', () => {
  it.each<[string, () => unknown]>([
    ['thrown', broken],
    ['rejected', () => Promise.reject(new Error('no network'))],
  ])('%s', async (_, fail) => {
    const logger = await userLogger('my.mjs', () => ({ log: fail, position: fail, close: fail }));
    const messages = await Promise.all(
      [logger.log(event), logger.position?.(), logger.close()].map((work) =>
        failureOf(Promise.resolve(work)).then((error) => (error instanceof Error ? error.message : error)),
      ),
    );
    expect(messages).toEqual([
      'the logger my.mjs failed in log(event) of type progress at step 7: no network.',
      'the logger my.mjs failed in position(): no network.',
      'the logger my.mjs failed in close(): no network.',
    ]);
  });

  it.each<[unknown]>([['12'], [null], [{ file: -1 }], [{ file: 1.5 }], [{ file: '12' }], [7]])(
    'a position that is none: %j',
    async (position) => {
      const logger = await userLogger('my.mjs', () => ({ ...fine, position: async () => position }));
      await expect(logger.position?.()).rejects.toThrow(
        `the logger my.mjs failed in position(): it gave ${JSON.stringify(position)}, expected the length in bytes of each file by name`,
      );
    },
  );
});

it('passes on what works, with what it needs to be called on', async () => {
  class Logger {
    readonly seen: unknown[] = [];
    log(event: unknown) {
      this.seen.push(event);
    }
    async position() {
      return { 'own.txt': this.seen.length };
    }
    close() {
      this.seen.push('closed');
    }
  }
  const made = new Logger();
  const logger = await userLogger('my.mjs', async () => made);
  await logger.log(event);
  expect(await logger.position?.()).toEqual({ 'own.txt': 1 });
  await logger.close();
  expect(made.seen).toEqual([event, 'closed']);
  expect(await (await userLogger('my.mjs', () => fine)).position?.()).toEqual({});
});
