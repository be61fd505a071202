import { vectorEnv, type LocalVectorEnv } from '@meow-rl/envs';
import { countingEnv } from '@meow-rl/envs/testing';
import { describe, expect, it } from 'vitest';

import { losesLastObservations } from './testing/loses-last-observations.ts';
import { transitionCollector, type Collected } from './transition-collector.ts';

/** Row 0 is truncated after 2 steps, row 1 terminates after 3; observations are [episode, step]. */
const pair = (autoresetMode: LocalVectorEnv['autoresetMode']) =>
  vectorEnv([countingEnv({ length: 2 }), countingEnv({ length: 3, end: 'terminated' })], { autoresetMode });

/** Transitions as `row: from -> to`, with what ended. */
const told = ({ transitions, rows, done }: Collected) =>
  [...rows].map((row, i) => {
    const at = (values: ArrayLike<number>) => `${values[2 * i]}.${values[2 * i + 1]}`;
    const end = done[i] ? (transitions.terminated[i] ? ' terminated' : ' truncated') : '';
    return `${row}: ${at(transitions.observations)} -> ${at(transitions.nextObservations)}${end}`;
  });

describe('in reset-then-step mode', () => {
  it('leaves out the step that begins an episode, whose first observation is never seen', async () => {
    const collector = transitionCollector(pair('reset-then-step'));
    await collector.reset(0);
    const seen = [];
    for (let i = 0; i < 5; i += 1) seen.push(told(await collector.step(new Float32Array(2))));
    expect(seen).toEqual([
      ['0: 0.0 -> 0.1', '1: 0.0 -> 0.1'],
      ['0: 0.1 -> 0.2 truncated', '1: 0.1 -> 0.2'],
      ['1: 0.2 -> 0.3 terminated'],
      ['0: 1.1 -> 1.2 truncated'],
      ['1: 1.1 -> 1.2'],
    ]);
  });

  it('leaves out an episode that ends in that very step', async () => {
    const collector = transitionCollector(
      vectorEnv([countingEnv({ length: 1 })], { autoresetMode: 'reset-then-step' }),
    );
    await collector.reset(0);
    expect(told(await collector.step(new Float32Array(1)))).toEqual(['0: 0.0 -> 0.1 truncated']);
    for (let i = 0; i < 3; i += 1) expect(told(await collector.step(new Float32Array(1)))).toEqual([]);
  });
});

describe('where a simulator loses last observations', () => {
  it('leaves truncated steps out, and keeps terminated ones without anything of the next episode', async () => {
    const collector = transitionCollector(losesLastObservations(pair('same-step')));
    await collector.reset(0);
    const seen = [];
    const lost = [];
    for (let i = 0; i < 4; i += 1) {
      const collected = await collector.step(Float32Array.of(i / 8, 0));
      seen.push(told(collected));
      lost.push(collected.lost && [[...collected.lost.rows], [...collected.lost.rewards]]);
    }
    expect(seen).toEqual([
      ['0: 0.0 -> 0.1', '1: 0.0 -> 0.1'],
      ['1: 0.1 -> 0.2'],
      ['0: 1.0 -> 1.1', '1: 0.2 -> 0.2 terminated'],
      ['1: 1.0 -> 1.1'],
    ]);
    expect(lost).toEqual([undefined, [[0], [0.125]], undefined, [[0], [0.375]]]);
  });

  it('looks at the rewards of these steps too, which count in returns', async () => {
    const env = losesLastObservations(pair('same-step'));
    const step: typeof env.step = async (actions) => {
      const result = await env.step(actions);
      return { ...result, rewards: result.rewards.map((reward, row) => (row === 0 ? Number.NaN : reward)) };
    };
    const lostAt: typeof env.step = async (actions) => {
      const result = await env.step(actions);
      return result.finalObservationUnknown?.[0] === 1
        ? { ...result, rewards: Float64Array.of(Number.NaN, result.rewards[1] ?? 0) }
        : result;
    };
    for (const broken of [step, lostAt]) {
      const collector = transitionCollector({ ...env, step: broken });
      await collector.reset(0);
      const steps = async () => {
        for (let i = 0; i < 3; i += 1) await collector.step(new Float32Array(2));
      };
      await expect(steps()).rejects.toThrow('gave NaN as reward of environment 0, expected a finite number.');
    }
  });
});

it('forgets ends of episodes where it goes back to a moment without, by restore or reset', async () => {
  const env = vectorEnv([countingEnv({ length: 2 }), countingEnv({ length: 3 })]);
  const collector = transitionCollector(env);
  const step = async () => [...(await collector.step(new Float32Array(2))).rows];
  await collector.reset(0);
  expect(await step()).toEqual([0, 1]);
  const [running, envRunning] = [collector.state(), env.state()];
  await step();
  const [ended, envEnded] = [collector.state(), env.state()];
  expect(ended.ended).toEqual([1, 0]);

  collector.restore(running);
  env.restore(envRunning);
  expect(collector.state()).toEqual(running);
  expect(await step()).toEqual([0, 1]);

  collector.restore(ended);
  env.restore(envEnded);
  expect(collector.state()).toEqual(ended);
  // Row 0 only resets.
  expect(await step()).toEqual([1]);

  collector.restore(ended);
  await collector.reset(0);
  expect(await step()).toEqual([0, 1]);
});
