import { afterEach, describe, expect, it, vi } from 'vitest';

import { eventLoopTurn } from './event-loop-turn.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Lets time pass without waiting for it. */
function stubClock() {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  return { pass: (milliseconds: number) => (now += milliseconds) };
}

describe.each([
  ['setImmediate', () => {}],
  ['a timer, where there is no setImmediate', () => vi.stubGlobal('setImmediate', undefined)],
])('eventLoopTurn by %s', (_, prepare) => {
  it('has the loop wait for a turn once in 100 milliseconds', async () => {
    const clock = stubClock();
    prepare();
    const turn = eventLoopTurn();
    clock.pass(99);
    expect(turn()).toBeUndefined();
    clock.pass(1);

    // Messages are taken in before this begins: a test that follows one would still be in the turn of that one.
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { port1, port2 } = new MessageChannel();
    let messages = 0;
    port1.addEventListener('message', () => (messages += 1));
    port1.start();
    port2.postMessage('from another thread');
    await Promise.resolve();
    expect(messages).toBe(0);
    await turn();
    expect(messages).toBe(1);
    port1.close();

    clock.pass(99);
    expect(turn()).toBeUndefined();
  });
});

it('waits for no timer where there is setImmediate', async () => {
  const clock = stubClock();
  const timer = vi.spyOn(globalThis, 'setTimeout');
  const turn = eventLoopTurn();
  clock.pass(100);
  await turn();
  expect(timer).not.toHaveBeenCalled();
});
