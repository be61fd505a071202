import { describe, expect, it } from 'vitest';

import { box } from './box.ts';
import { createEnv } from './create-env.ts';
import type { Env } from './env.ts';
import { episodeStatistics } from './episode-statistics.ts';
import { multiGoal } from './multi-goal.ts';
import { rescaleAction } from './rescale-action.ts';
import { countingEnv } from './testing/counting-env.ts';
import { describeEnv } from './testing/describe-env.ts';
import { timeLimit } from './time-limit.ts';
import { wrapEnv } from './wrap-env.ts';

describeEnv('all wrappers together', () =>
  episodeStatistics(timeLimit(rescaleAction(multiGoal(), -2, 2), 20)),
);

/** Test double: observes the action it was given. */
const echoEnv = (low: number[], high: number[]) =>
  createEnv({
    id: 'Echo-v0',
    observationSpace: box({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
      shape: [low.length],
    }),
    actionSpace: box({ low, high }),
    start: () => ({ observation: new Float64Array(low.length), info: {} }),
    advance: (action) => ({
      observation: action.slice(),
      reward: 0,
      terminated: false,
      truncated: false,
      info: {},
    }),
  });

describe('rescaleAction', () => {
  it('maps ends to ends exactly and the middle to the middle', () => {
    const env = rescaleAction(echoEnv([-0.4, 0.1], [0.4, 0.7]));
    env.reset();
    expect([...env.step([-1, -1]).observation]).toEqual([-0.4, 0.1]);
    expect([...env.step([1, 1]).observation]).toEqual([0.4, 0.7]);
    const [x, y] = env.step([0.5, 0]).observation;
    expect(x).toBeCloseTo(0.2, 12);
    expect(y).toBeCloseTo(0.4, 12);
    expect([...env.actionSpace.low, ...env.actionSpace.high]).toEqual([-1, -1, 1, 1]);
  });

  it('makes a constant of an entry whose bounds are equal', () => {
    // A product with 1 − t and one with t add up to other numbers for a third of all actions.
    const constant = -0.012277578623088587;
    const env = rescaleAction(echoEnv([constant, -1], [constant, 1]));
    env.reset();
    for (let i = 0; i <= 100; i += 1) {
      const action = Math.sin(i);
      expect([...env.step([action, 0.5]).observation]).toEqual([constant, 0.5]);
    }
  });

  it('maps from other bounds', () => {
    const env = rescaleAction(echoEnv([-4], [4]), 0, 10);
    env.reset();
    expect([...env.step([7.5]).observation]).toEqual([2]);
  });

  it('refuses bounds it cannot map', () => {
    expect(() => rescaleAction(echoEnv([-1, -1], [1, Number.POSITIVE_INFINITY]))).toThrow(
      'rescaleAction(Echo-v0): entry 1 of the action has an infinite bound',
    );
    expect(() => rescaleAction(echoEnv([-1], [1]), 1, 1)).toThrow('low is 1 and high 1');
    expect(() => rescaleAction(echoEnv([-1], [1]), -1.7e308, 1.7e308)).toThrow('a finite distance apart');
  });
});

/** Both flags of every step of an episode. */
const flags = (env: Env, steps: number) => {
  env.reset({ seed: 0 });
  return Array.from({ length: steps }, () => {
    const { terminated, truncated } = env.step([0]);
    return [terminated, truncated];
  });
};

describe('timeLimit', () => {
  it('truncates the last step and starts counting again after a reset', () => {
    const env = timeLimit(countingEnv({ length: 9 }), 2);
    expect(flags(env, 2)).toEqual([
      [false, false],
      [false, true],
    ]);
    expect(() => env.step([0])).toThrow('step() was called after the episode ended');
    expect(flags(env, 2)[0]).toEqual([false, false]);
  });

  it('sets both flags where the last step terminates, and keeps an earlier end', () => {
    expect(flags(timeLimit(countingEnv({ length: 2, end: 'terminated' }), 2), 2)[1]).toEqual([true, true]);
    expect(flags(timeLimit(countingEnv({ length: 2, end: 'terminated' }), 5), 2)[1]).toEqual([true, false]);
    expect(flags(timeLimit(countingEnv({ length: 2 }), 5), 2)[1]).toEqual([false, true]);
  });

  it('neither begins nor goes on with an episode where a reset fails, whatever the environment inside would do', () => {
    const lenient = countingEnv({ length: 9 });
    const env = timeLimit(
      wrapEnv(lenient, {
        reset({ options } = {}) {
          if (options) throw new RangeError('no such start');
          return lenient.reset();
        },
      }),
      3,
    );
    const fail = () => env.reset({ options: { start: 'moon' } });
    expect(fail).toThrow('no such start');
    expect(() => env.step([0])).toThrow('step() was called before reset()');
    flags(env, 2);
    expect(fail).toThrow('no such start');
    expect(() => env.step([0])).toThrow('step() was called after the episode ended');
    expect(lenient.step([0]).observation[1]).toBe(3);
    expect(flags(env, 3)[2]).toEqual([false, true]);
    env.close();
    expect(fail).toThrow('reset() was called after close()');
  });

  it('may end every episode at its first step', () => {
    const env = timeLimit(countingEnv({ length: 9 }), 1);
    env.reset();
    expect(env.step([0])).toMatchObject({ terminated: false, truncated: true });
  });

  it.each([0, 1.5, Number.NaN])('refuses %d steps', (maxSteps) => {
    expect(() => timeLimit(countingEnv({ length: 1 }), maxSteps)).toThrow(`maxSteps is ${maxSteps}`);
  });
});

/** Statistics around an episode of 9 steps that is cut off after 5. */
const cutOff = () => episodeStatistics(timeLimit(countingEnv({ length: 9 }), 5));

describe('in the middle of an episode', () => {
  it('a restored environment counts on: steps to its limit, return and length', () => {
    const env = cutOff();
    env.reset();
    for (const reward of [0.5, 0.25]) env.step([reward]);
    const other = cutOff();
    other.reset();
    for (let i = 0; i < 3; i += 1) other.step([1]);
    other.restore(JSON.parse(JSON.stringify(env.state())));
    const steps = [0.125, 0.0625, 0.03125].map((reward) => other.step([reward]));
    expect(steps.map(({ truncated }) => truncated)).toEqual([false, false, true]);
    expect(steps.map(({ info }) => info['episode'])).toEqual([
      undefined,
      undefined,
      { return: 0.96875, length: 5 },
    ]);
    // And begins the next one at nothing.
    other.reset();
    const next = Array.from({ length: 5 }, () => other.step([0.5]));
    expect(next.at(-1)?.info['episode']).toEqual({ return: 2.5, length: 5 });
  });
});

describe('episodeStatistics', () => {
  it('reports return and length at the end only, for every episode anew', () => {
    const env = episodeStatistics(countingEnv({ length: 2 }));
    for (let episode = 0; episode < 2; episode += 1) {
      env.reset();
      expect(env.step([0.25]).info).toEqual({ steps: 1 });
      expect(env.step([0.5]).info).toEqual({ steps: 2, episode: { return: 0.75, length: 2 } });
    }
  });
});
