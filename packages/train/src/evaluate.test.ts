import { multiGoal, restAfterEpisode, timeLimit, vectorEnv, wrapEnv, type Env } from '@meow-rl/envs';
import { brokenEnv, countingEnv } from '@meow-rl/envs/testing';
import { describe, expect, it } from 'vitest';

import { evaluate } from './evaluate.ts';
import { fakeAgent } from './testing/fake-agent.ts';

/** A limit truncates after 3 steps; the task ends in step 2 of odd episodes, and in step 3 of even ones but the first. */
function endsEveryOther(): Env {
  const env = countingEnv({ length: 9 });
  return timeLimit(
    wrapEnv(env, {
      step(action) {
        const result = env.step(action);
        const [episode = 0, steps = 0] = result.observation;
        return { ...result, terminated: steps === (episode % 2 === 1 ? 2 : 3) && episode > 0 };
      },
    }),
    3,
  );
}

describe('evaluate', () => {
  // Timers stand for signals: both come with a turn of the event loop, which promises that are settled don't wait for.
  it.each([1, 3])(
    'lets timers and signals in, however fast the actor of %s environments answers',
    async (numEnvs) => {
      const env = numEnvs === 1 ? endsEveryOther() : vectorEnv(endsEveryOther, { numEnvs });
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('a timer came')), 20);
      const playing = evaluate({
        actor: fakeAgent(),
        env,
        episodes: 1e9,
        seed: 0,
        signal: controller.signal,
      });
      await expect(playing).rejects.toThrow('a timer came');
    },
  );

  it('sums rewards over whole episodes', async () => {
    const actor = fakeAgent();
    const result = await evaluate({ actor, env: countingEnv({ length: 4 }), episodes: 2, seed: 0 });
    expect(result.lengths).toEqual([4, 4]);
    // The fake agent acts 0, 0.01, 0.02, 0.03, and the action is the reward.
    expect(result.returns).toEqual([expect.closeTo(0.06, 6), expect.closeTo(0.06, 6)]);
    expect(result.mean).toBeCloseTo(0.06, 6);
    expect(result.standardDeviation).toBe(0);
    expect(actor.acts).toEqual(Array.from({ length: 8 }, () => true));
  });

  it('gives mean and standard deviation of the returns it lists', async () => {
    const env = timeLimit(multiGoal({ startSigma: 2 }), 3);
    const { returns, mean, standardDeviation } = await evaluate({
      actor: fakeAgent({ actionSize: 2 }),
      env,
      episodes: 2,
      seed: 1,
    });
    const [a = 0, b = 0] = returns;
    expect(a).not.toBe(b);
    expect(mean).toBeCloseTo((a + b) / 2, 10);
    expect(standardDeviation).toBeCloseTo(Math.abs(a - b) / 2, 10);
  });

  it('says of each episode whether the task ended it, and how actions were chosen', async () => {
    const actor = fakeAgent();
    const result = await evaluate({ actor, env: endsEveryOther(), episodes: 4, seed: 0 });
    expect(result.actions).toBe('deterministic');
    expect(result.lengths).toEqual([3, 2, 3, 2]);
    // In the third episode the time limit and the end of the task fall together.
    expect(result.terminated).toEqual([false, true, true, true]);
    const sampled = await evaluate({ actor, env: countingEnv({ length: 2 }), deterministic: false, seed: 0 });
    expect(sampled.actions).toBe('sampled');
    expect(sampled.terminated).toEqual(Array.from({ length: 10 }, () => false));
  });

  it('repeats itself for the same seed and samples when asked', async () => {
    const actor = fakeAgent({ actionSize: 2 });
    const env = timeLimit(multiGoal(), 3);
    const options = { actor, env, episodes: 3, deterministic: false };
    const first = await evaluate({ ...options, seed: 2 });
    expect(await evaluate({ ...options, seed: 2 })).toEqual(first);
    expect(await evaluate({ ...options, seed: 3 })).not.toEqual(first);
    expect(actor.acts.includes(true)).toBe(false);
  });

  it.each([
    [{ reset: { observation: [0, Number.NaN] } }, 'reset() gave NaN as entry 1 of the observation'],
    [{ step: { observation: [0] } }, 'step() gave an observation of 1 entries, expected 2'],
    [{ step: { reward: Number.NaN } }, 'step() gave NaN as reward, expected a finite 32-bit float.'],
    [{ step: { reward: Infinity }, after: 2 }, 'step() gave Infinity as reward'],
    [{ step: { terminated: undefined, done: true } }, 'step() gave done and no terminated'],
  ])('refuses an environment that breaks its contract: %o', async (breach, problem) => {
    await expect(evaluate({ actor: fakeAgent(), env: brokenEnv(breach), seed: 0 })).rejects.toThrow(
      `Broken-v0: ${problem}`,
    );
  });

  it('stops at the next step when it is told to', async () => {
    const controller = new AbortController();
    const actor = fakeAgent();
    const env = countingEnv({ length: 4 });
    const watched = wrapEnv(env, {
      step(action) {
        if (actor.acts.length === 6) controller.abort(new Error('enough'));
        return env.step(action);
      },
    });
    const { signal } = controller;
    await expect(evaluate({ actor, env: watched, seed: 0, signal })).rejects.toThrow('enough');
    expect(actor.acts).toHaveLength(6);
  });

  it('refuses what does not fit', async () => {
    const env = countingEnv({ length: 1 });
    await expect(evaluate({ actor: fakeAgent(), env, episodes: 0, seed: 0 })).rejects.toThrow(
      'episodes is 0',
    );
    await expect(evaluate({ actor: fakeAgent({ actionSize: 3 }), env, seed: 0 })).rejects.toThrow(
      'evaluate: what acts has actionSize = 3, expected 1 as in Counting-v0',
    );
  });
});

describe('evaluate, with environments that step together', () => {
  const modes = ['next-step', 'same-step', 'disabled', 'reset-then-step'] as const;

  it.each(modes)('%s: counts the first episode of each row, in rounds', async (autoresetMode) => {
    const lengths = [2, 5, 3];
    const env = vectorEnv(
      lengths.map((length, i) => countingEnv({ length, end: i === 1 ? 'terminated' : 'truncated' })),
      { autoresetMode },
    );
    const actor = {
      ...fakeAgent(),
      act: async (rows: Float32Array) => new Float32Array(rows.length / 2).fill(0.5),
    };
    const result = await evaluate({ actor, env, episodes: 5, seed: 0 });
    expect(result).toMatchObject({
      lengths: [2, 5, 3, 2, 5],
      returns: [1, 2.5, 1.5, 1, 2.5],
      terminated: [false, true, false, false, true],
      mean: 1.7,
    });
  });

  it('begins episode i with the seed plus i, whichever row has it', async () => {
    const actor = { ...fakeAgent({ actionSize: 2 }), act: async (rows: Float32Array) => rows.slice() };
    const returnsOf = async (numEnvs: number, episodes: number, seed: number) => {
      const env = vectorEnv(() => timeLimit(multiGoal({ startSigma: 2 }), 3), { numEnvs });
      return (await evaluate({ actor, env, episodes, seed })).returns;
    };
    const returns = await returnsOf(5, 5, 7);
    expect(new Set(returns).size).toBe(5);
    expect(await returnsOf(2, 5, 7)).toEqual(returns);
    expect(await returnsOf(1, 1, 10)).toEqual([returns[3]]);
  });

  it('chooses no actions for the rest once half of the episodes are over', async () => {
    const env = vectorEnv(
      [2, 9, 3, 4, 9, 1].map((length) => restAfterEpisode(countingEnv({ length }))),
      { autoresetMode: 'same-step' },
    );
    const seen: number[] = [];
    const rewards = { 1: 0.25, 4: 0.5 };
    const actor = {
      ...fakeAgent(),
      act: async (rows: Float32Array) => {
        seen.push(rows.length / 2);
        return Float32Array.from({ length: rows.length / 2 }, (_, i) =>
          seen.length > 4 ? ([rewards[1], 0, rewards[4]][i] ?? 1) : 0,
        );
      },
    };
    const { returns, lengths } = await evaluate({ actor, env, episodes: 6, seed: 0 });
    expect(lengths).toEqual([2, 9, 3, 4, 9, 1]);
    expect(seen).toEqual([6, 6, 6, 3, 3, 3, 3, 3, 3]);
    // Each row gets the action that was chosen for it.
    expect(returns).toEqual([0, 5 * rewards[1], 0, 0, 5 * rewards[4], 0]);
  });

  it('repeats itself for the same seed, stops at a signal, and refuses what does not fit', async () => {
    const env = vectorEnv(() => timeLimit(multiGoal(), 3), { numEnvs: 2 });
    const options = { actor: fakeAgent({ actionSize: 2 }), env, episodes: 3 };
    const first = await evaluate({ ...options, seed: 2 });
    expect(await evaluate({ ...options, seed: 2 })).toEqual(first);
    expect(await evaluate({ ...options, seed: 3 })).not.toEqual(first);
    await expect(
      evaluate({ ...options, seed: 2, signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
    await expect(evaluate({ ...options, actor: fakeAgent(), seed: 0 })).rejects.toThrow(
      'expected 2 as in MultiGoal-v0',
    );
  });
});

it('ends where an episode does not, as without a time limit', async () => {
  let steps = 0;
  // As few numbers as can be: there are a million steps.
  const observation = Float64Array.of(0, 0);
  const result = { observation, reward: 0, terminated: false, truncated: false, info: {} };
  const env: Env = {
    ...countingEnv({ length: 2 }),
    id: 'Endless-v0',
    step: () => {
      steps += 1;
      return result;
    },
  };
  const idle = { ...fakeAgent(), act: async () => Float32Array.of(0) };
  await expect(evaluate({ actor: idle, env, episodes: 1, seed: 0 })).rejects.toThrow(
    'evaluate: an episode of Endless-v0 has not ended in 1000000 steps. Give its environments a time limit, as timeLimit(env, 1000).',
  );
  expect(steps).toBe(1_000_000);
});
