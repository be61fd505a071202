import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { envState, restoreEnv } from '../env-state.ts';
import type { Env, EnvState } from '../env.ts';

const STEPS = 300;

/** Every number of a few seeded episodes under random actions, resetting without a seed where one ends. */
function record(env: Env, seed: number): number[] {
  const generator = createGenerator(1);
  const numbers = [...env.reset({ seed }).observation];
  for (let i = 0; i < STEPS; i += 1) {
    const { observation, reward, terminated, truncated } = env.step(env.actionSpace.sample(generator));
    numbers.push(...observation, reward, Number(terminated), Number(truncated));
    if (terminated || truncated) numbers.push(...env.reset().observation);
  }
  return numbers;
}

/** What `steps` random actions give, with resets where an episode ends; goes on from wherever `env` stands. */
function play(env: Env, steps: number, atEnd: boolean): number[] {
  const generator = createGenerator(3);
  const numbers = atEnd ? [...env.reset().observation] : [];
  for (let i = 0; i < steps; i += 1) {
    const { observation, reward, terminated, truncated } = env.step(env.actionSpace.sample(generator));
    numbers.push(...observation, reward, Number(terminated), Number(truncated));
    if (terminated || truncated) numbers.push(...env.reset().observation);
  }
  return numbers;
}

/** The state of `env` as it comes back from a file. */
const saved = (env: Env): EnvState => JSON.parse(JSON.stringify(envState(env)));

/** Steps with random actions until the episode ends. */
function finish(env: Env): void {
  const generator = createGenerator(2);
  for (let i = 0; i < 100_000; i += 1) {
    const { terminated, truncated } = env.step(env.actionSpace.sample(generator));
    if (terminated || truncated) return;
  }
  throw new Error(`${env.id}: no episode end within 100000 random steps. Give describeEnv a time limit.`);
}

/**
 * The contract that every {@link Env} keeps.
 *
 * @param make makes a new environment whose episodes end within 100000 random steps
 */
export function describeEnv(name: string, make: () => Env): void {
  describe(`${name} keeps the contract of Env`, () => {
    it('repeats itself exactly for the same seed', () => {
      expect(record(make(), 3)).toEqual(record(make(), 3));
    });

    it('repeats itself when one instance is seeded again', () => {
      const env = make();
      expect(record(env, 3)).toEqual(record(env, 3));
    });

    it('begins elsewhere for another seed, and for the next episode of the same seed', () => {
      const env = make();
      const first = env.reset({ seed: 4 }).observation;
      expect(env.reset().observation).not.toEqual(first);
      expect(env.reset({ seed: 5 }).observation).not.toEqual(first);
      expect(env.reset({ seed: 4 }).observation).toEqual(first);
    });

    it('stays within its observation space and gives finite rewards', () => {
      const env = make();
      const generator = createGenerator(6);
      expect(env.observationSpace.contains(env.reset({ seed: 6 }).observation)).toBe(true);
      for (let i = 0; i < STEPS; i += 1) {
        const { observation, reward, terminated, truncated } = env.step(env.actionSpace.sample(generator));
        expect(env.observationSpace.contains(observation)).toBe(true);
        expect(Number.isFinite(reward)).toBe(true);
        if (terminated || truncated) env.reset();
      }
    });

    it('gives observations that later steps leave alone, and leaves the action alone', () => {
      const env = make();
      const { observation } = env.reset({ seed: 7 });
      const before = [...observation];
      const action = env.actionSpace.sample(createGenerator(7));
      const actionBefore = [...action];
      env.step(action);
      expect([...observation]).toEqual(before);
      expect([...action]).toEqual(actionBefore);
    });

    it('keeps no action, whose array callers reuse', () => {
      const [env, other] = [make(), make()];
      const generator = createGenerator(13);
      const reused = new Float64Array(env.actionSpace.size);
      expect(env.reset({ seed: 13 }).observation).toEqual(other.reset({ seed: 13 }).observation);
      for (let i = 0; i < STEPS; i += 1) {
        const action = env.actionSpace.sample(generator);
        reused.set(action);
        const { observation, reward, terminated, truncated } = env.step(reused);
        const expected = other.step(action);
        expect([...observation, reward]).toEqual([...expected.observation, expected.reward]);
        if (!terminated && !truncated) continue;
        env.reset();
        other.reset();
      }
    });

    it('refuses actions that are no actions, naming itself and the entry', () => {
      const env = make();
      env.reset({ seed: 8 });
      const size = env.actionSpace.size;
      const action = env.actionSpace.sample(createGenerator(8));
      expect(() => env.step([...action, 0])).toThrow(
        `${env.id}: step(action) got ${size + 1} entries, expected ${size}.`,
      );
      action[size - 1] = Number.NaN;
      expect(() => env.step(action)).toThrow(`${env.id}: step(action) got NaN in entry ${size - 1}`);
      action[size - 1] = Number.POSITIVE_INFINITY;
      expect(() => env.step(action)).toThrow(`${env.id}: step(action) got Infinity in entry ${size - 1}`);
    });

    it('refuses calls that come out of turn', () => {
      const env = make();
      const action = env.actionSpace.sample(createGenerator(9));
      expect(() => env.step(action)).toThrow(`${env.id}: step() was called before reset()`);
      env.reset({ seed: 9 });
      finish(env);
      expect(() => env.step(action)).toThrow(`${env.id}: step() was called after the episode ended`);
      env.reset();
      env.step(action);
      env.close();
      env.close();
      expect(() => env.step(action)).toThrow(`${env.id}: step() was called after close()`);
      expect(() => env.reset()).toThrow(`${env.id}: reset() was called after close()`);
    });

    it('continues from its state in a new instance to the same bits, across episodes', () => {
      const env = make();
      env.reset({ seed: 10 });
      const generator = createGenerator(10);
      for (let i = 0; i < 3; i += 1) env.step(env.actionSpace.sample(generator));
      const state = saved(env);
      const kept = JSON.stringify(state);
      const expected = play(env, STEPS, false);
      for (const other of [make(), env]) {
        restoreEnv(other, state);
        expect(saved(other)).toEqual(state);
        expect(play(other, STEPS, false)).toEqual(expected);
        other.close();
      }
      expect(JSON.stringify(state)).toBe(kept);
    });

    it('continues from between two episodes and from before the first', () => {
      const env = make();
      const first = saved(env);
      const start = env.reset().observation;
      finish(env);
      const between = saved(env);
      const next = play(env, STEPS, true);
      const other = make();
      restoreEnv(other, between);
      expect(saved(other)).toEqual(between);
      expect(() => other.step(env.actionSpace.sample(createGenerator(1)))).toThrow('after the episode ended');
      expect(play(other, STEPS, true)).toEqual(next);
      restoreEnv(other, first);
      expect(() => other.step(env.actionSpace.sample(createGenerator(1)))).toThrow('before reset()');
      expect(other.reset().observation).toEqual(start);
    });

    it('refuses states that are damaged, of another task, or asked for after close()', () => {
      const env = make();
      env.reset({ seed: 11 });
      const state = saved(env);
      const before = JSON.stringify(state);
      expect(() => restoreEnv(env, { ...state, of: 'Other-v0' })).toThrow('got a state of Other-v0');
      expect(() => restoreEnv(env, { ...state, own: null })).toThrow('damaged state.own');
      expect(() => restoreEnv(env, JSON.parse('"text"'))).toThrow('restore(state) got string');
      expect(JSON.stringify(envState(env))).toBe(before);
      env.close();
      expect(() => envState(env)).toThrow(`${env.id}: state() was called after close()`);
      expect(() => restoreEnv(env, state)).toThrow(`${env.id}: restore() was called after close()`);
    });

    it('refuses a seed that is no integer, and has no episode then until a reset succeeds', () => {
      const env = make();
      const action = env.actionSpace.sample(createGenerator(12));
      const fail = () => env.reset({ seed: 0.5 });
      expect(fail).toThrow('seed is 0.5, expected an integer');
      expect(() => env.step(action)).toThrow(`${env.id}: step() was called before reset()`);
      const { observation } = env.reset({ seed: 12 });
      env.step(action);
      expect(fail).toThrow('seed is 0.5, expected an integer');
      expect(() => env.step(action)).toThrow(`${env.id}: step() was called after the episode ended`);
      expect(env.reset({ seed: 12 }).observation).toEqual(observation);
      env.step(action);
    });
  });
}
