import { createGenerator } from '@meow-rl/random';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { AutoresetMode } from '../autoreset-mode.ts';
import type { VectorEnv, VectorEnvState } from '../vector-env.ts';

/** What {@link describeVectorEnv} is told of the environments that it tries. */
export interface VectorEnvSuite {
  /** Makes one of at least two rows whose episodes end within a few hundred random steps, at different steps. */
  readonly make: (autoresetMode: AutoresetMode) => VectorEnv | Promise<VectorEnv>;
  readonly modes: readonly AutoresetMode[];
  /** Steps in which at least one episode ends. Default: 300. */
  readonly steps?: number;
  /** Whether `state` and `restore` are offered. Default: true. */
  readonly restorable?: boolean;
}

/** One step as plain data. */
interface Recorded {
  readonly observations: readonly number[];
  readonly rewards: readonly number[];
  readonly terminated: readonly number[];
  readonly truncated: readonly number[];
  readonly finals: readonly (readonly number[])[];
  /** Where episodes ended. */
  readonly done: readonly number[];
}

const rowOf = (values: ArrayLike<number>, row: number, width: number) =>
  Array.from({ length: width }, (_, i) => values[row * width + i] ?? Number.NaN);

/** Random actions of one step, in the space's bounds. */
function randomActions({ numEnvs, singleActionSpace: space }: VectorEnv, seed: number): Float64Array {
  const actions = new Float64Array(numEnvs * space.size);
  const generator = createGenerator(seed);
  for (let row = 0; row < numEnvs; row += 1)
    space.sample(generator, actions.subarray(row * space.size, (row + 1) * space.size));
  return actions;
}

/** Takes `steps` random steps, resetting rows that ended where the mode leaves that to the caller, also at first where `done` says so. */
async function play(env: VectorEnv, steps: number, done = new Uint8Array(env.numEnvs)): Promise<Recorded[]> {
  const width = env.singleObservationSpace.size;
  const recorded: Recorded[] = [];
  for (let i = 0; i < steps; i += 1) {
    if (env.autoresetMode === 'disabled' && done.includes(1)) await env.reset({ mask: done });
    const result = await env.step(randomActions(env, i));
    done.set(result.terminated.map((flag, row) => flag | (result.truncated[row] ?? 0)));
    recorded.push({
      observations: [...result.observations],
      rewards: [...result.rewards],
      terminated: [...result.terminated],
      truncated: [...result.truncated],
      finals: [...done].flatMap((ended, row) => (ended ? [rowOf(result.finalObservations, row, width)] : [])),
      done: [...done],
    });
  }
  return recorded;
}

async function playSeeded(env: VectorEnv, seed: number, steps: number) {
  const { observations } = await env.reset({ seed });
  return { begun: [...observations], recorded: await play(env, steps) };
}

/** The contract that every {@link VectorEnv} keeps, in each of its autoreset modes. */
export function describeVectorEnv(
  name: string,
  { make, modes, steps = 300, restorable = true }: VectorEnvSuite,
): void {
  describe.each(modes)(`${name} keeps the contract of VectorEnv, %s`, (mode) => {
    const made: VectorEnv[] = [];
    const instance = (index: number): VectorEnv => {
      const env = made[index];
      if (!env) throw new Error('the environment could not be made.');
      return env;
    };
    beforeAll(async () => {
      made.push(...(await Promise.all([make(mode), make(mode)])));
    });
    afterAll(async () => {
      for (const env of made) await env.close();
    });

    it('refuses a step before the first reset', async () => {
      const env = instance(0);
      await expect((async () => env.step(randomActions(env, 0)))()).rejects.toThrow('before reset()');
      expect(env.autoresetMode).toBe(mode);
      if (!restorable) return;
      const state: VectorEnvState = JSON.parse(JSON.stringify(await env.state()));
      const begun = [...(await env.reset({ seed: 1 })).observations];
      await env.restore(state);
      expect([...(await env.reset({ seed: 1 })).observations]).toEqual(begun);
    });

    it('gives arrays of its sizes, which it reuses', async () => {
      const env = instance(0);
      const size = env.numEnvs * env.singleObservationSpace.size;
      const { observations } = await env.reset({ seed: 1 });
      expect(observations).toBeInstanceOf(Float64Array);
      expect(observations).toHaveLength(size);
      const first = await env.step(randomActions(env, 0));
      for (const [values, kind, length] of [
        [first.observations, Float64Array, size],
        [first.rewards, Float64Array, env.numEnvs],
        [first.terminated, Uint8Array, env.numEnvs],
        [first.truncated, Uint8Array, env.numEnvs],
        [first.finalObservations, Float64Array, size],
      ] as const) {
        expect(values).toBeInstanceOf(kind);
        expect(values).toHaveLength(length);
      }
      expect(first.infos).toHaveLength(env.numEnvs);
      const second = await env.step(randomActions(env, 1));
      expect(second.observations).toBe(first.observations);
      expect(second.rewards).toBe(first.rewards);
    });

    it('repeats itself exactly for the same seed, here and in another instance', async () => {
      const recorded = await playSeeded(instance(0), 3, steps);
      expect(await playSeeded(instance(1), 3, steps)).toEqual(recorded);
      expect(await playSeeded(instance(0), 3, steps)).toEqual(recorded);
      expect((await playSeeded(instance(0), 4, 0)).begun).not.toEqual(recorded.begun);
    });

    it('ends and begins episodes as its mode says', async () => {
      const env = instance(0);
      const width = env.singleObservationSpace.size;
      await env.reset({ seed: 5 });
      const recorded = await play(env, steps);
      let ends = 0;
      for (const [i, step] of recorded.entries()) {
        const ended = step.done.flatMap((flag, row) => (flag ? [row] : []));
        ends += ended.length;
        for (const [j, row] of ended.entries()) {
          const shown = rowOf(step.observations, row, width);
          if (mode === 'same-step') expect(shown).not.toEqual(step.finals[j]);
          else expect(shown).toEqual(step.finals[j]);
          const next = recorded[i + 1];
          if (mode !== 'next-step' || !next) continue;
          expect(next.rewards[row]).toBe(0);
          expect(next.done[row]).toBe(0);
          expect(rowOf(next.observations, row, width)).not.toEqual(shown);
        }
      }
      expect(ends).toBeGreaterThan(0);
    });

    if (mode === 'disabled')
      it('refuses to step a row that ended, and resets the rows of a mask alone', async () => {
        const env = instance(0);
        const width = env.singleObservationSpace.size;
        const { observations } = await env.reset({ seed: 6 });
        const begun = [...observations];
        let result = await env.step(randomActions(env, 0));
        for (let i = 1; !result.terminated.includes(1) && !result.truncated.includes(1); i += 1)
          result = await env.step(randomActions(env, i));
        const mask = result.terminated.map((flag, row) => flag | (result.truncated[row] ?? 0));
        const last = [...result.observations];
        await expect((async () => env.step(randomActions(env, 0)))()).rejects.toThrow('is over');
        await expect((async () => env.reset({ mask: [1] }))()).rejects.toThrow('got 1 entries, expected');
        const after = await env.reset({ mask });
        for (const [row, ended] of mask.entries()) {
          const shown = rowOf(after.observations, row, width);
          if (ended) expect(shown).not.toEqual(rowOf(last, row, width));
          else expect(shown).toEqual(rowOf(last, row, width));
        }
        expect([...after.observations]).not.toEqual(begun);
        await env.step(randomActions(env, 1));
      });

    it('refuses actions that are none, and has not moved then', async () => {
      const [env, other] = [instance(0), instance(1)];
      for (const one of [env, other]) await one.reset({ seed: 7 });
      const actions = randomActions(env, 0);
      const size = env.singleActionSpace.size;
      const refused = (given: ArrayLike<number>) => expect((async () => env.step(given))()).rejects;
      await refused([...actions, 0]).toThrow(
        `step(actions) got ${actions.length + 1} entries, expected ${actions.length}.`,
      );
      const bad = Float64Array.from(actions);
      bad[size] = Number.NaN;
      await refused(bad).toThrow('step(actions) got NaN in entry 0 of row 1, expected a finite number.');
      expect(await play(env, 5)).toEqual(await play(other, 5));
    });

    if (restorable)
      it('goes on from its state to the same bits, in another instance and in the same one', async () => {
        const env = instance(0);
        await env.reset({ seed: 8 });
        const done = new Uint8Array(env.numEnvs);
        await play(env, steps / 2, done);
        // Where an episode has just ended, so that what is pending is saved too.
        while (!done.includes(1)) await play(env, 1, done);
        const state: VectorEnvState = JSON.parse(JSON.stringify(await env.state()));
        const ended = Uint8Array.from(done);
        const expected = await play(env, steps, done);
        for (const one of [instance(1), env]) {
          await one.restore(state);
          expect(await play(one, steps, Uint8Array.from(ended))).toEqual(expected);
        }
        const refused = (damaged: VectorEnvState) => expect((async () => env.restore(damaged))()).rejects;
        await refused({ ...state, of: 'Other-v0' }).toThrow('got a state of Other-v0');
        await refused({ ...state, rows: state.rows.slice(1) }).toThrow('environments, expected one of');
      });
    else
      it('says that it gives no state', async () => {
        await expect((async () => instance(0).state())()).rejects.toThrow("isn't offered");
      });

    it('is closed twice, and refuses to go on', async () => {
      const env = instance(0);
      await env.close();
      await env.close();
      await expect((async () => env.step(randomActions(env, 0)))()).rejects.toThrow(/close/);
    });
  });
}
