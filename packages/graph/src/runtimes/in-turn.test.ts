import { expect, test } from 'vitest';

import { inTurn } from './in-turn.ts';

test('calls of an engine are made one after the other, also after one that fails; those of others are not held up', async () => {
  const [engine, other] = [{}, {}];
  const told: string[] = [];
  const call = (name: string, milliseconds: number) => async () => {
    told.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    told.push(`${name} ends`);
    if (name === 'second') throw new Error('it fails');
    return name;
  };
  const results = await Promise.allSettled([
    inTurn(engine, call('first', 30)),
    inTurn(engine, call('second', 1)),
    inTurn(engine, call('third', 1)),
    inTurn(other, call('other', 5)),
  ]);
  expect(told.filter((line) => !line.startsWith('other'))).toEqual(
    ['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  expect(told.indexOf('other ends')).toBeLessThan(told.indexOf('first ends'));
  expect(
    results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
  ).toEqual(['first', 'Error: it fails', 'third', 'other']);
});
