import { describe, expect, it } from 'vitest';

import { checkedReset, checkedStep } from './checked-env.ts';
import { createEnv } from './create-env.ts';
import type { Env, StepResult } from './env.ts';
import { episodeStatistics } from './episode-statistics.ts';
import { vectorEnv } from './local-vector-env.ts';
import { brokenEnv } from './testing/broken-env.ts';
import { countingEnv } from './testing/counting-env.ts';
import { timeLimit } from './time-limit.ts';

const observing = (observation: unknown) => ({ observation });
const withoutFlags = { terminated: undefined, truncated: undefined };

type Case = readonly [given: unknown, problem: string];

/** What an observation may be instead of one, and what is said about it behind the name of the call. */
const observations: Case[] = [
  [Float64Array.of(1), 'gave an observation of 1 entries, expected 2 as in observationSpace.'],
  [[1, 2, 3], 'gave an observation of 3 entries, expected 2 as in observationSpace.'],
  [Float64Array.of(1, Number.NaN), 'gave NaN as entry 1 of the observation, expected a finite 32-bit float.'],
  [Float32Array.of(-Infinity, 0), 'gave -Infinity as entry 0 of the observation, expected'],
  [Float64Array.of(0, 1e39), 'gave 1e+39 as entry 1 of the observation, expected a finite 32-bit float.'],
  [
    [0, '1'],
    'gave the text "1" as entry 1 of the observation, expected a finite 32-bit float. Return a number.',
  ],
  [[0, [1]], 'gave an array as entry 1 of the observation'],
  [Array.from({ length: 2 }), 'gave nothing as entry 0 of the observation'],
  [
    BigInt64Array.of(1n, 2n),
    'gave the BigInt 1n as entry 0 of the observation, expected a finite 32-bit float. Return a number.',
  ],
  [undefined, 'gave nothing as observation, expected an array of 2 numbers.'],
  [0.5, 'gave 0.5 as observation, expected an array of 2 numbers.'],
  ['ab', 'gave the text "ab" as observation'],
  [new Map(), 'gave an object of class Map as observation'],
];

/** What a whole result may be instead. */
const results: Case[] = [
  [undefined, 'gave nothing, expected { observation, '],
  [null, 'gave null, expected'],
  [[[0, 0], 1, false, {}], 'gave an array, expected'],
  [Promise.resolve({}), 'gave a promise, expected'],
];

describe('checkedReset', () => {
  it('gives what the environment gives', () => {
    const env = countingEnv({ length: 2, firstEpisode: 7 });
    expect(checkedReset(env, { seed: 1 })).toEqual({
      observation: Float64Array.of(7, 0),
      info: { begins: 7 },
    });
  });

  it.each<Case>([
    ...observations.map(([observation, problem]): Case => [observing(observation), problem]),
    ...results,
    [{ info: undefined }, 'gave nothing as info, expected an object. Return info: {}'],
  ])('refuses %o', (reset, problem) => {
    expect(() => checkedReset(brokenEnv({ reset }))).toThrow(`Broken-v0: reset() ${problem}`);
  });
});

describe('checkedStep', () => {
  it('gives what the environment gives, for arrays of other kinds too', () => {
    const env = countingEnv({ length: 1 });
    env.reset();
    expect(checkedStep(env, [0.5])).toEqual({
      observation: Float64Array.of(0, 1),
      reward: 0.5,
      terminated: false,
      truncated: true,
      info: { steps: 1 },
    });
    for (const observation of [Float32Array.of(1, 2), [1, 2]])
      expect(checkedStep(brokenEnv({ step: observing(observation) }), [0]).observation).toBe(observation);
  });

  it.each<Case>([
    ...observations.map(([observation, problem]): Case => [observing(observation), problem]),
    ...results,
    [{ info: null }, 'gave null as info, expected an object.'],
    [
      { reward: Number.NaN },
      'gave NaN as reward, expected a finite 32-bit float. Look in the environment for',
    ],
    [{ reward: -Infinity }, 'gave -Infinity as reward, expected'],
    [{ reward: 1e39 }, 'gave 1e+39 as reward, expected a finite 32-bit float.'],
    [{ reward: undefined }, 'gave nothing as reward, expected a finite 32-bit float. Return a number.'],
    [{ reward: [1] }, 'gave an array as reward, expected'],
    [{ terminated: 1, done: false }, 'gave 1 as terminated, expected true or false.'],
    [{ terminated: undefined }, 'gave nothing as terminated, expected true or false.'],
    [{ truncated: undefined }, 'gave nothing as truncated, expected true or false.'],
    [{ terminated: 1 }, 'gave 1 as terminated, expected true or false.'],
    [{ truncated: 'no' }, 'gave the text "no" as truncated, expected true or false.'],
    [
      { ...withoutFlags, done: true },
      'gave done and no terminated, as in Gym before 0.26. Return terminated: true where the task ended, ' +
        'truncated: true where a time limit cut the episode off, and false for both elsewhere.',
    ],
  ])('refuses %o', (step, problem) => {
    const env = brokenEnv({ step });
    env.reset();
    expect(() => checkedStep(env, [0])).toThrow(`Broken-v0: step() ${problem}`);
  });
});

describe('wrappers and createEnv', () => {
  const wrappers = [(env: ReturnType<typeof brokenEnv>) => timeLimit(env, 3), episodeStatistics];

  it.each(results)('say of %o what it is', (step, problem) => {
    for (const wrap of wrappers) {
      const env = wrap(brokenEnv({ step }));
      env.reset();
      expect(() => env.step([0])).toThrow(`Broken-v0: step() ${problem}`);
    }
    const { id, observationSpace, actionSpace, reset } = brokenEnv({});
    const made = createEnv({
      id,
      observationSpace,
      actionSpace,
      start: () => reset(),
      advance: () => step as StepResult,
    });
    made.reset();
    expect(() => made.step([0])).toThrow(`Broken-v0: step() ${problem}`);
  });

  it.each([{ truncated: undefined }, { ...withoutFlags, done: true }])(
    'a time limit hides no missing flag: %o',
    (step) => {
      const env = timeLimit(brokenEnv({ step }), 3);
      env.reset();
      expect(() => checkedStep(env, [0])).toThrow(/^Broken-v0: step\(\) gave .* (as|no) t/);
    },
  );
});

/** Three rows, the one in the middle broken. */
const three = (breach: Parameters<typeof brokenEnv>[0], mode: 'same-step' | 'next-step' | 'disabled') =>
  vectorEnv((row) => brokenEnv(row === 1 ? breach : {}), { numEnvs: 3, autoresetMode: mode });

describe('vectorEnv', () => {
  it.each(['same-step', 'next-step', 'disabled'] as const)(
    '%s: names the environment and takes over nothing',
    (mode) => {
      const env = three({ step: observing(Float64Array.of(1)), after: 1 }, mode);
      env.reset();
      const { observations } = env.step([0, 0, 0]);
      observations.fill(9);
      expect(() => env.step([0, 0, 0])).toThrow(
        'Broken-v0 (environment 1): step() gave an observation of 1 entries, expected 2',
      );
      expect([...observations]).toEqual([0.25, -0.25, 9, 9, 9, 9]);
    },
  );

  it('refuses a reset, and a last observation that is not sound', () => {
    expect(() => three({ reset: observing([0, Number.NaN]) }, 'next-step').reset()).toThrow(
      'Broken-v0 (environment 1): reset() gave NaN as entry 1 of the observation',
    );
    for (const mode of ['same-step', 'next-step', 'disabled'] as const) {
      const env = three({ step: { terminated: true, observation: [Number.NaN, 0] } }, mode);
      env.reset();
      expect(() => env.step([0, 0, 0])).toThrow('Broken-v0 (environment 1): step() gave NaN as entry 0');
    }
  });

  it('refuses the start of the next episode', () => {
    for (const [mode, steps] of [
      ['same-step', 1],
      ['next-step', 2],
    ] as const) {
      let resets = 0;
      const broken = brokenEnv({ reset: observing([0]) });
      const env = vectorEnv(
        [
          {
            ...brokenEnv({ step: { truncated: true } }),
            reset: () => ((resets += 1) > 1 ? broken : brokenEnv({})).reset(),
          },
        ],
        { autoresetMode: mode },
      );
      env.reset();
      for (let step = 1; step < steps; step += 1) env.step([0]);
      expect(() => env.step([0])).toThrow(
        'Broken-v0 (environment 0): reset() gave an observation of 1 entries',
      );
    }
  });
});

describe('what an environment throws', () => {
  const sound = { ...brokenEnv({}), id: 'Mine-v0' };
  const throwing = (error: unknown): Env => {
    const fail = () => {
      throw error;
    };
    return { ...sound, reset: fail, step: fail };
  };

  it('names it, the call and the kind of error', () => {
    const cause = new TypeError("can't read x");
    expect(() => checkedReset(throwing(cause))).toThrow("Mine-v0: reset() threw TypeError: can't read x");
    const step = () => checkedStep(throwing(cause), [0], 'Mine-v0 (environment 3)');
    expect(step).toThrow("Mine-v0 (environment 3): step() threw TypeError: can't read x");
    expect(step).toThrow(expect.objectContaining({ cause }));
  });

  it('stays as it is where it names the environment itself', () => {
    const error = new RangeError('Mine-v0: step(action) got 3 entries, expected 1.');
    expect(() => checkedStep(throwing(error), [0])).toThrow(error);
    expect(() => checkedReset(throwing(error))).toThrow(error);
  });
});
