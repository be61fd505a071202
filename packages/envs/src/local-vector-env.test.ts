import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import type { Env } from './env.ts';
import { vectorEnv, type LocalVectorEnv } from './local-vector-env.ts';
import { makeEnv } from './make-env.ts';
import { multiGoal } from './multi-goal.ts';
import { countingEnv } from './testing/counting-env.ts';
import { timeLimit } from './time-limit.ts';
import type { AutoresetMode } from './autoreset-mode.ts';
import type { VectorEnvState } from './vector-env.ts';
import { wrapEnv } from './wrap-env.ts';

/** Row 0 counts episodes from 0 and is truncated after 2 steps, row 1 from 100 and terminates after 3. */
const pair = (autoresetMode: AutoresetMode) =>
  vectorEnv([countingEnv({ length: 2 }), countingEnv({ length: 3, end: 'terminated', firstEpisode: 100 })], {
    autoresetMode,
  });

const rows = (values: Float64Array) => [[...values.subarray(0, 2)], [...values.subarray(2)]];

/** A step's arrays, copied because the environment reuses them; final rows where they mean nothing are left out. */
function steps(env: LocalVectorEnv, actions: readonly [number, number][]) {
  return actions.map((action) => {
    const { observations, rewards, terminated, truncated, finalObservations } = env.step(action);
    return {
      observations: rows(observations),
      rewards: [...rewards],
      terminated: [...terminated],
      truncated: [...truncated],
      final: rows(finalObservations).map((row, i) => (terminated[i] || truncated[i] ? row : undefined)),
    };
  });
}

const three: [number, number][] = [
  [0.5, -0.5],
  [0.25, -0.25],
  [0.125, -0.125],
];

describe('vectorEnv', () => {
  it('begins every row at its own first observation', () => {
    const { observations, infos } = pair('next-step').reset({ seed: 0 });
    expect([...observations]).toEqual([0, 0, 100, 0]);
    expect(infos).toEqual([{ begins: 0 }, { begins: 100 }]);
  });

  it('next-step: ignores the action after an end and gives the reset observation and reward 0', () => {
    const env = pair('next-step');
    env.reset({ seed: 0 });
    const [, second, third] = steps(env, three);
    expect(second).toEqual({
      observations: [
        [0, 2],
        [100, 2],
      ],
      rewards: [0.25, -0.25],
      terminated: [0, 0],
      truncated: [1, 0],
      final: [[0, 2], undefined],
    });
    expect(third).toEqual({
      observations: [
        [1, 0],
        [100, 3],
      ],
      rewards: [0, -0.125],
      terminated: [0, 1],
      truncated: [0, 0],
      final: [undefined, [100, 3]],
    });
    const [fourth] = steps(env, [[0.75, 0.75]]);
    expect(env.reset({ mask: [0, 0] }).infos).toEqual([{ steps: 1 }, { begins: 101 }]);
    expect(fourth).toEqual({
      observations: [
        [1, 1],
        [101, 0],
      ],
      rewards: [0.75, 0],
      terminated: [0, 0],
      truncated: [0, 0],
      final: [undefined, undefined],
    });
  });

  it('same-step: gives the next start at once and the last observation beside it', () => {
    const env = pair('same-step');
    env.reset({ seed: 0 });
    const [, second, third] = steps(env, three);
    expect(second).toEqual({
      observations: [
        [1, 0],
        [100, 2],
      ],
      rewards: [0.25, -0.25],
      terminated: [0, 0],
      truncated: [1, 0],
      final: [[0, 2], undefined],
    });
    expect(third).toEqual({
      observations: [
        [1, 1],
        [101, 0],
      ],
      rewards: [0.125, -0.125],
      terminated: [0, 1],
      truncated: [0, 0],
      final: [undefined, [100, 3]],
    });
    expect(env.step([0, 0]).infos).toEqual([{ steps: 2 }, { steps: 1 }]);
  });

  it('disabled: waits for the caller, who resets by mask', () => {
    const env = pair('disabled');
    env.reset({ seed: 0 });
    const [, second] = steps(env, three.slice(0, 2));
    expect(second?.observations).toEqual([
      [0, 2],
      [100, 2],
    ]);
    expect(second?.final).toEqual([[0, 2], undefined]);
    expect(() => env.step([0, 0])).toThrow(
      'vectorEnv(Counting-v0): step(actions) was called while the episode of environment 0 is over',
    );
    expect([...env.reset({ mask: [true, false] }).observations]).toEqual([1, 0, 100, 2]);
    const [third] = steps(env, [[0.125, -0.125]]);
    expect(third?.observations).toEqual([
      [1, 1],
      [100, 3],
    ]);
    expect(third?.terminated).toEqual([0, 1]);
  });

  it('reset-then-step: begins the next episode and steps it at once, by the action given', () => {
    const env = pair('reset-then-step');
    env.reset({ seed: 0 });
    const [, second, third] = steps(env, three);
    expect(second).toMatchObject({ truncated: [1, 0], final: [[0, 2], undefined] });
    // Row 0 shows the second observation of episode 1.
    expect(third).toEqual({
      observations: [
        [1, 1],
        [100, 3],
      ],
      rewards: [0.125, -0.125],
      terminated: [0, 1],
      truncated: [0, 0],
      final: [undefined, [100, 3]],
    });
    expect(() => env.step([0, Number.NaN])).toThrow('got NaN in entry 0 of row 1');
    expect([...env.step([0, 0.5]).observations]).toEqual([1, 2, 101, 1]);
  });

  it('seeds row i with seed + i and goes on from there', () => {
    const env = vectorEnv(() => multiGoal(), { numEnvs: 3 });
    const first = [...env.reset({ seed: 10 }).observations];
    const alone = [10, 11, 12].map((seed) => {
      const single = multiGoal();
      return { start: [...single.reset({ seed }).observation], next: [...single.reset().observation] };
    });
    expect(first).toEqual(alone.flatMap(({ start }) => start));
    expect([...env.reset().observations]).toEqual(alone.flatMap(({ next }) => next));
    expect([...env.reset({ seed: 10 }).observations]).toEqual(first);
    const masked = [...env.reset({ seed: 20, mask: Uint8Array.of(0, 1, 0) }).observations];
    expect(masked.slice(0, 2)).toEqual(first.slice(0, 2));
    expect(masked.slice(2, 4)).toEqual([...multiGoal().reset({ seed: 21 }).observation]);
  });

  it('reuses its arrays', () => {
    const env = vectorEnv(() => makeEnv('MultiGoal-v0'), { numEnvs: 2 });
    const { observations } = env.reset({ seed: 0 });
    const first = env.step([0, 0, 0, 0]);
    const second = env.step([0, 0, 0, 0]);
    expect(first.observations).toBe(observations);
    expect(second.rewards).toBe(first.rewards);
    expect(second.finalObservations).toBe(first.finalObservations);
  });

  it('refuses rows that do not fit', () => {
    const env = vectorEnv(() => multiGoal(), { numEnvs: 2 });
    env.reset({ seed: 0 });
    expect(() => env.step([0, 0])).toThrow(
      'vectorEnv(MultiGoal-v0): step(actions) got 2 entries, expected 4.',
    );
    expect(() => env.step([0, 0, Number.NaN, 0])).toThrow(
      'vectorEnv(MultiGoal-v0): step(actions) got NaN in entry 0 of row 1, expected a finite number. ' +
        'Look at what chose it: at what it was given, and if it learns, at its parameters.',
    );
    expect(() => env.reset({ mask: [1] })).toThrow('reset({ mask }) got 1 entries, expected 2');
    env.close();
    expect(() => env.step([0, 0, 0, 0])).toThrow('after close()');
  });

  it('refuses environments that do not belong together', () => {
    const env = multiGoal();
    expect(() => vectorEnv([])).toThrow('got no environments');
    expect(() => vectorEnv([env, env])).toThrow('the same environment twice');
    expect(() => vectorEnv([env, countingEnv({ length: 1 })])).toThrow(
      'environment 1 (Counting-v0) has another observationSpace than environment 0',
    );
    expect(() => vectorEnv(() => multiGoal(), { numEnvs: 1.5 })).toThrow('numEnvs is 1.5');
  });

  it('closes what it had made before it failed, and leaves alone what it was given', () => {
    const closed: number[] = [];
    const closing = (env: Env, index: number) =>
      wrapEnv(env, {
        close() {
          closed.push(index);
          if (index === 0) throw new Error('stuck');
        },
      });
    const failing = (index: number) => {
      if (index === 2) throw new Error('out of memory');
      return closing(multiGoal(), index);
    };
    expect(() => vectorEnv(failing, { numEnvs: 4 })).toThrow('out of memory');
    expect(closed.splice(0)).toEqual([0, 1]);

    const mixed = (index: number) => closing(index === 1 ? countingEnv({ length: 1 }) : multiGoal(), index);
    expect(() => vectorEnv(mixed, { numEnvs: 3 })).toThrow('has another observationSpace');
    expect(closed.splice(0)).toEqual([0, 1, 2]);

    expect(() => vectorEnv([0, 1].map(mixed))).toThrow('has another observationSpace');
    expect(closed).toEqual([]);

    const env = vectorEnv((index) => closing(multiGoal(), index), { numEnvs: 3 });
    expect(() => env.close()).toThrow('stuck');
    expect(closed).toEqual([0, 1, 2]);
  });
});

/** One row of the multi-goal task. */
const single = (autoresetMode: AutoresetMode) => vectorEnv([multiGoal()], { autoresetMode });

/** Everything of `count` random steps, resetting where the mode leaves that to the caller. */
const play = (env: LocalVectorEnv, count: number) => {
  const generator = createGenerator(5);
  const done = new Uint8Array(env.numEnvs);
  return Array.from({ length: count }, () => {
    if (env.autoresetMode === 'disabled') env.reset({ mask: done });
    const actions = Float64Array.from({ length: env.numEnvs * env.singleActionSpace.size }, () =>
      generator.uniform(),
    );
    const { observations, rewards, terminated, truncated, infos } = env.step(actions);
    done.set(terminated.map((flag, row) => flag | (truncated[row] ?? 0)));
    return { observations: [...observations], rewards: [...rewards], done: [...done], infos: [...infos] };
  });
};

describe('state of a vectorEnv', () => {
  it.each(['next-step', 'same-step', 'disabled'] as const)(
    '%s: continues to the same bits from every step',
    (mode) => {
      const make = () => vectorEnv((i) => timeLimit(multiGoal(), 2 + i), { numEnvs: 3, autoresetMode: mode });
      for (let taken = 0; taken < 6; taken += 1) {
        const env = make();
        env.reset({ seed: 1 });
        const finished = new Uint8Array(3);
        for (let i = 0; i < taken; i += 1) {
          if (mode === 'disabled') env.reset({ mask: finished });
          const { terminated, truncated } = env.step(new Float64Array(6).fill(0.1));
          finished.set(terminated.map((flag, row) => flag | (truncated[row] ?? 0)));
        }
        const state: VectorEnvState = JSON.parse(JSON.stringify(env.state()));
        const last = [...env.reset({ mask: [0, 0, 0] }).observations];
        const other = make();
        expect([...other.restore(state).observations]).toEqual(last);
        if (mode === 'disabled') {
          env.reset({ mask: finished });
          other.reset({ mask: finished });
        }
        expect(play(other, 12)).toEqual(play(env, 12));
      }
    },
  );

  it('takes over from a state which rows are to be reset, and leaves no info of before', () => {
    const env = pair('next-step');
    env.reset({ seed: 0 });
    const running = env.state();
    steps(env, three.slice(0, 2));
    const pending = env.state();
    expect(pending.rows.map(({ resetPending }) => resetPending)).toEqual([true, false]);
    for (const state of [running, pending, running]) {
      expect(env.restore(state).infos).toEqual([{}, {}]);
      expect(env.state()).toEqual(state);
    }
    const [first] = steps(env, three.slice(0, 1));
    expect(first?.observations).toEqual([
      [0, 1],
      [100, 1],
    ]);
  });

  it('refuses a state of other rows, mode or task, and a damaged one', () => {
    const env = single('same-step');
    env.reset({ seed: 0 });
    const state = env.state();
    const [row] = state.rows;
    if (!row) throw new Error('no row');
    expect(() => env.restore({ ...state, rows: [row, row] })).toThrow(
      'a state of 2 environments, expected one of 1',
    );
    expect(() => single('disabled').restore(state)).toThrow('autoresetMode same-step, expected disabled');
    expect(() => vectorEnv([countingEnv({ length: 1 })]).restore(state)).toThrow(
      'got a state of MultiGoal-v0',
    );
    expect(() => env.restore({ ...state, rows: [{ ...row, observation: 'AAAA' }] })).toThrow(
      'state.rows[0].observation is damaged',
    );
    expect(() => env.restore(JSON.parse('{}'))).toThrow('damaged state.rows');
  });

  it('says so where the environments cannot be saved, and steps them all the same', () => {
    const { id, observationSpace, actionSpace, reset, step, close } = multiGoal();
    const env = vectorEnv([wrapEnv({ id, observationSpace, actionSpace, reset, step, close }, {})]);
    env.reset({ seed: 0 });
    expect(env.step([0, 0]).terminated[0]).toBe(0);
    expect(() => env.state()).toThrow("MultiGoal-v0: state() isn't offered by this environment");
  });
});
