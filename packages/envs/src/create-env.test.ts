import { describe, expect, it } from 'vitest';

import { box } from './box.ts';
import { createEnv } from './create-env.ts';
import type { Info } from './env.ts';

/** Test double: moves to where it is told to start, and throws there if that is beyond 5. */
const picky = () => {
  let x = 0;
  const limits = { low: -5, high: 5, shape: [1] };
  const result = () => ({ observation: Float64Array.of(x), info: {} });
  return createEnv<{ x: number }, Info, Info>({
    id: 'Picky-v0',
    observationSpace: box(limits),
    actionSpace: box(limits),
    start(_, options) {
      x = options.x ?? 0;
      if (x > 5) throw new RangeError(`x is ${x}`);
      return result();
    },
    advance([action = 0]) {
      x += action;
      return { ...result(), reward: 0, terminated: x > 5, truncated: false };
    },
    capture: () => x,
    resume(saved) {
      x = Number(saved);
    },
    release: () => void (released += 1),
  });
};

/** How often an environment was told to free what it holds. */
let released = 0;

describe('createEnv', () => {
  it('has no episode after a start that failed, until one succeeds', () => {
    const env = picky();
    expect(() => env.reset({ options: { x: 9 } })).toThrow('x is 9');
    expect(() => env.step([0])).toThrow('Picky-v0: step() was called before reset()');
    env.reset({ options: { x: 1 } });
    expect([...env.step([1]).observation]).toEqual([2]);
    expect(() => env.reset({ options: { x: 9 } })).toThrow('x is 9');
    expect(() => env.step([0])).toThrow('Picky-v0: step() was called after the episode ended');
    env.reset();
    expect([...env.step([1]).observation]).toEqual([1]);
    env.close();
    expect(() => env.reset({ options: { x: 9 } })).toThrow('Picky-v0: reset() was called after close()');
  });

  it('saves that there is no episode after a start that failed', () => {
    const env = picky();
    env.reset();
    expect(() => env.reset({ options: { x: 9 } })).toThrow('x is 9');
    const other = picky();
    other.restore(env.state());
    expect(() => other.step([0])).toThrow('after the episode ended');
  });

  it('frees what it holds once, however often it is closed', () => {
    released = 0;
    const env = picky();
    env.close();
    expect(released).toBe(1);
    env.close();
    expect(released).toBe(1);
  });

  it('says what to do about a call that comes out of turn', () => {
    const env = picky();
    expect(() => env.step([0])).toThrow('before reset(). Call reset({ seed }) first.');
    env.reset({ options: { x: 5 } });
    env.step([1]);
    expect(() => env.step([0])).toThrow('after the episode ended. Call reset() to begin the next one.');
    const saved = env.state();
    env.close();
    expect(() => env.reset()).toThrow('after close(). Make a new environment.');
    expect(() => env.step([0])).toThrow('after close(). Make a new environment.');
    expect(() => env.state()).toThrow('after close(). Take the state before.');
    expect(() => env.restore(saved)).toThrow('after close(). Make a new environment.');
  });

  it.each([null, 7, 'words'])('refuses a state whose generator is %j, and names that part', (generator) => {
    const env = picky();
    env.reset({ seed: 1, options: { x: 3 } });
    const { of, own: parts } = env.state();
    if (parts === null || typeof parts !== 'object') throw new Error('the state has parts');
    expect(() => env.restore({ of, own: { ...parts, generator } })).toThrow('own.generator');
    expect([...env.step([1]).observation]).toEqual([4]);
  });
});
