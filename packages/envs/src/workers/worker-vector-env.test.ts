import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { createGenerator } from '@meow-rl/random';
import { afterEach, describe, expect, it } from 'vitest';

import { joinVectorEnvs } from '../joined-vector-env.ts';
import { vectorEnv } from '../local-vector-env.ts';
import { makeEnv } from '../make-env.ts';
import { pendulum } from '../pendulum.ts';
import { registry } from '../testing/worker-registry.ts';
import type { AutoresetMode } from '../autoreset-mode.ts';
import type { VectorEnv, VectorEnvState } from '../vector-env.ts';
import type { WorkerVectorEnvOptions } from './worker-options.ts';
import { workerVectorEnv } from './worker-vector-env.ts';

const module = new URL('../testing/worker-registry.ts', import.meta.url);

const open: VectorEnv[] = [];
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((env) => env.close()));
});

const make = async (options: Partial<WorkerVectorEnvOptions> = {}) => {
  const env = await workerVectorEnv({ module, id: 'Troubled-v0', numEnvs: 3, workers: 2, ...options });
  open.push(env);
  return env;
};

const local = (id: string, numEnvs: number, autoresetMode: AutoresetMode) =>
  vectorEnv(() => makeEnv(id, { registry: registry(), rescaleActions: true }), { numEnvs, autoresetMode });

/** Everything that `count` random steps give; resets finished rows where the mode leaves that to the caller. */
async function play(env: VectorEnv, count: number, seed?: number): Promise<unknown[]> {
  const generator = createGenerator(4);
  const { numEnvs, autoresetMode, singleActionSpace, singleObservationSpace } = env;
  const seen: unknown[] = [];
  const done = new Uint8Array(numEnvs);
  if (seed !== undefined) {
    const { observations, infos } = await env.reset({ seed });
    seen.push([...observations], [...infos]);
  }
  for (let i = 0; i < count; i += 1) {
    if (autoresetMode === 'disabled' && done.includes(1)) {
      const { observations, infos } = await env.reset({ mask: done });
      seen.push([...observations], [...infos]);
    }
    const actions = new Float64Array(numEnvs * singleActionSpace.size);
    generator.fillUniform(actions, -0.2, 0.2);
    const result = await env.step(actions);
    const width = singleObservationSpace.size;
    const finals: number[][] = [];
    for (let row = 0; row < numEnvs; row += 1) {
      done[row] = (result.terminated[row] ?? 0) | (result.truncated[row] ?? 0);
      if (done[row]) finals.push([...result.finalObservations.subarray(row * width, (row + 1) * width)]);
    }
    seen.push([...result.observations], [...result.rewards], [...result.terminated], [...result.truncated]);
    seen.push(finals, [...result.infos]);
  }
  return seen;
}

/** What a script that may use `workerVectorEnv`, and `options` of Troubled-v0 for it, prints before its process ends. */
async function output(script: string): Promise<string> {
  const begin = `
    import { workerVectorEnv } from '${new URL('./worker-vector-env.ts', import.meta.url).href}';
    const options = { module: '${module.href}', id: 'Troubled-v0', numEnvs: 2, workers: 2 };`;
  const args = [...process.execArgv, '--input-type=module', '--eval', begin + script];
  // A guard against hanging: a process that doesn't end is killed, which rejects.
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 });
  return stdout;
}

const modes = ['next-step', 'same-step', 'disabled'] as const;

describe('workerVectorEnv', () => {
  it('makes environments of a factory, with its time limit or another, and with options', async () => {
    const factory = {
      factory: true,
      id: 'MultiGoal-v0',
      rescaleActions: true,
      autoresetMode: 'same-step',
    } as const;
    const expected = await play(local('MultiGoal-v0', 3, 'same-step'), 20, 7);
    expect(await play(await make({ ...factory, exportName: 'limited' }), 20, 7)).toEqual(expected);
    expect(await play(await make({ ...factory, exportName: 'promised', maxSteps: 5 }), 20, 7)).toEqual(
      expected,
    );
    const wide = await make({ ...factory, exportName: 'promised', options: { extent: 6 } });
    expect([...wide.singleObservationSpace.high]).toEqual([6, 6]);
    await expect(make({ ...factory, exportName: 'nonsense' })).rejects.toThrow(
      /of MultiGoal-v0 could not be made: nonsense of file:.* is the text "no registry", expected a function .* }\)\. All its/,
    );
  });

  it('imports what it is told to before the module', async () => {
    const dependent = { factory: true, exportName: 'dependent', id: 'MultiGoal-v0' };
    await expect(make(dependent)).rejects.toThrow('dependent of file:');
    const imports = ['data:text/javascript,globalThis.importedBefore = true'];
    expect((await make({ ...dependent, imports })).numEnvs).toBe(3);
  });

  it('refuses a module beside the caller that it could not find, and a mode that there is not', async () => {
    await expect(make({ module: './mine.js', id: 'Mine-v0' })).rejects.toThrow(
      "workerVectorEnv(Mine-v0): module is ./mine.js, which says nothing of where it lies. Give new URL('./mine.js', import.meta.url).",
    );
    const mode: unknown = 'sameStep';
    const untyped = { id: 'MultiGoal-v0', autoresetMode: mode as AutoresetMode };
    const message =
      'autoresetMode is "sameStep", expected one of next-step, same-step, disabled, reset-then-step.';
    await expect(make(untyped)).rejects.toThrow(message);
    expect(() => vectorEnv([pendulum()], untyped)).toThrow(`vectorEnv: ${message}`);
  });

  it('says how threads come to a loader where they can not read a module', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'meow-worker-'));
    const module = pathToFileURL(path.join(folder, 'mine.zig'));
    await writeFile(module, '');
    await expect(make({ module, id: 'Mine-v0' })).rejects.toThrow(
      'Threads need a loader of their own, as imports: [new URL("./loader.js", import.meta.url)] with a module that registers it.',
    );
    await rm(folder, { recursive: true });
  });

  it('takes each of many quick steps once', async () => {
    // No multiple of the registry's own limit of 5 steps.
    const maxSteps = 203;
    const env = await make({ id: 'MultiGoal-v0', numEnvs: 2, autoresetMode: 'same-step', maxSteps });
    await env.reset({ seed: 0 });
    const still = new Float64Array(4);
    const truncatedAt: [number[], number[]] = [[], []];
    // Many more: worker-vector-env.slow.test.ts.
    for (let i = 1; i <= 5000; i += 1) {
      const { truncated } = await env.step(still);
      for (const row of [0, 1] as const) if (truncated[row] === 1) truncatedAt[row].push(i);
    }
    expect(env.workers).toBe(2);
    // Without actions nothing reaches a goal: every episode is as long as the limit.
    const ends = Array.from({ length: Math.floor(5000 / maxSteps) }, (_, i) => (i + 1) * maxSteps);
    expect(truncatedAt).toEqual([ends, ends]);
  });

  it.each(modes)('%s: gives what one thread gives, to the bit, for any number of workers', async (mode) => {
    const others =
      mode === 'same-step'
        ? ([
            ['MultiGoal-v0', 4, 3],
            ['Troubled-v0', 2, 9],
          ] as const)
        : [];
    for (const [id, numEnvs, workers] of [['Troubled-v0', 5, 2] as const, ...others]) {
      const env = await make({ id, numEnvs, workers, autoresetMode: mode, rescaleActions: true });
      expect(env.workers).toBe(Math.min(workers, numEnvs));
      expect(await play(env, 40, 7)).toStrictEqual(await play(local(id, numEnvs, mode), 40, 7));
    }
  });

  it.each(modes)('%s: continues from a state of one thread, and the other way round', async (mode) => {
    const [here, there] = [
      local('Troubled-v0', 3, mode),
      await make({ autoresetMode: mode, rescaleActions: true }),
    ];
    await play(here, 11, 3);
    const state: VectorEnvState = JSON.parse(JSON.stringify(here.state()));
    const last = [...here.reset({ mask: [0, 0, 0] }).observations];
    const finished = state.rows.map(({ resetPending }) => resetPending);
    expect([...(await there.restore(state)).observations]).toEqual(last);
    expect(await there.state()).toEqual(state);
    if (mode === 'disabled') {
      here.reset({ mask: finished });
      await there.reset({ mask: finished });
    }
    expect(await play(there, 12)).toStrictEqual(await play(here, 12));
    const back: VectorEnvState = JSON.parse(JSON.stringify(await there.state()));
    here.restore(back);
    expect(here.state()).toEqual(back);
  });

  it('has the id of its environments, whatever the registry calls them', async () => {
    const env = await make({ id: 'Alias-v0', autoresetMode: 'same-step' });
    expect(env.id).toBe('Troubled-v0');
    await env.reset({ seed: 3 });
    const state = await env.state();
    expect(state.of).toBe('Troubled-v0');
    const expected = await play(env, 12);
    await env.restore(state);
    expect(await play(env, 12)).toEqual(expected);
    await expect(env.step([0, 0])).rejects.toThrow('workerVectorEnv(Alias-v0): step(actions)');
    const joined = joinVectorEnvs([
      vectorEnv(() => makeEnv('Troubled-v0', { registry: registry() }), {
        numEnvs: 1,
        autoresetMode: 'same-step',
      }),
      env,
    ]);
    await joined.reset({ seed: 5 });
    const together = await joined.state();
    const joinedSteps = await play(joined, 12);
    await joined.restore(together);
    expect(await play(joined, 12)).toEqual(joinedSteps);
  });

  it('leaves results alone until the next call is done, and the event loop free meanwhile', async () => {
    const env = await make();
    const first = await env.reset({ seed: 0 });
    const before = [...first.observations];
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    const stepping = env.step([0.5, -4, 0.5]);
    expect([...first.observations]).toEqual(before);
    await expect(env.step([0, 0, 0])).rejects.toThrow(
      'step() was called while step() is under way. Await it first.',
    );
    const { observations, infos } = await stepping;
    expect(turned).toBe(true);
    expect(observations).toBe(first.observations);
    expect(observations[0]).toBe(1);
    expect(infos[0]).toBe(infos[0]);
  });

  it('refuses actions before anything moves, naming row and entry', async () => {
    const env = await make();
    await expect(env.step([0, 0, 0])).rejects.toThrow('step() was called before reset() of environment 0');
    await env.reset({ seed: 0 });
    await env.step([0, 0, 0]);
    const state = await env.state();
    await expect(env.step([0, 0])).rejects.toThrow('step(actions) got 2 entries, expected 3');
    await expect(env.step([0, Number.NaN, 0])).rejects.toThrow(
      'workerVectorEnv(Troubled-v0): step(actions) got NaN in entry 0 of row 1',
    );
    await expect(env.reset({ mask: [1] })).rejects.toThrow('reset({ mask }) got 1 entries, expected 3');
    await expect(env.reset({ seed: 0.5 })).rejects.toThrow('seed is 0.5, expected an integer');
    expect(await env.state()).toEqual(state);
  });

  it('refuses states that do not fit, and goes on', async () => {
    const env = await make();
    await env.reset({ seed: 0 });
    const state = await env.state();
    const [row] = state.rows;
    if (!row) throw new Error('no row');
    await expect(env.restore({ ...state, rows: [row] })).rejects.toThrow('got a state of 1 environments');
    const torn = { ...row, env: { ...row.env, of: 'Other-v0' } };
    await expect(env.restore({ ...state, rows: [row, row, torn] })).rejects.toThrow(
      'got a state of Other-v0',
    );
    await env.restore(state);
    expect(await env.state()).toEqual(state);
    const functional: VectorEnvState = JSON.parse(JSON.stringify(state));
    Object.assign(functional.rows[2]?.env ?? {}, { gain: () => 1 });
    await expect(env.restore(functional)).rejects.toThrow(
      "workerVectorEnv(Troubled-v0): restore(state): state.rows.2.env.gain is a function, which can't be copied",
    );
    await env.reset({ seed: 0 });
    expect(await env.state()).toEqual(state);
    const unsaved = await make({ options: { unsaved: true } });
    await unsaved.reset({ seed: 0 });
    await expect(unsaved.state()).rejects.toThrow("Troubled-v0: state() isn't offered by this environment");
    expect((await unsaved.step([1, 1, 1])).rewards[2]).toBe(1);
  });

  it.each([
    ['an exception', 2, 'the joint came off'],
    ['process.exit', 3, 'its thread ended with exit code 7'],
    ['no memory left', 4, 'memory'],
    ['an exception of the platform', -2, 'could not be cloned'],
    ['no Error', 6, 'it threw { torque: 6 }, which is no Error. All its threads are ended'],
    ['an info that is no plain data', -3, "info.probe.read is a function, which can't be copied to another"],
  ])('%s in a step: names environment and action, and is closed', async (_, action, problem) => {
    const env = await make({ maxHeapMegabytes: 32 });
    await env.reset({ seed: 0 });
    await env.step([0, 0, 0]);
    const failure = env.step([0, action, 0]);
    await expect(failure).rejects.toThrow(problem);
    await expect(failure).rejects.toThrow(
      `workerVectorEnv(Troubled-v0): environment 1 of Troubled-v0 failed in step() with action [${action}]`,
    );
    await expect(env.step([0, 0, 0])).rejects.toThrow('step() was called after it was closed by a failure');
    await env.close();
  });

  it('refuses what breaks the contract of an environment, naming it', async () => {
    const stepping = await make({ id: 'Broken-v0', options: { step: { observation: Float64Array.of(1) } } });
    await stepping.reset();
    const failure = stepping.step([0.25, 0.25, 0.25]);
    await expect(failure).rejects.toThrow(
      /workerVectorEnv\(Broken-v0\): environment (\d) of Broken-v0 failed in step\(\) with action \[0\.25\]: Broken-v0 \(environment \1\): step\(\) gave an observation of 1 entries, expected 2/,
    );
    const options = { reset: { observation: [0, Number.NaN] } };
    const resetting = await make({ id: 'Broken-v0', options });
    // Of the second worker.
    await expect(resetting.reset({ mask: [0, 0, 1] })).rejects.toThrow(
      'environment 2 of Broken-v0 failed in reset(): Broken-v0 (environment 2): reset() gave NaN as entry 1 of the observation',
    );
  });

  it('closes: twice, while a step is under way, and for good', async () => {
    const env = await make();
    await env.reset({ seed: 0 });
    await Promise.all([env.close(), env.close()]);
    await env.close();
    await expect(env.step([0, 0, 0])).rejects.toThrow('step() was called after close()');
    const busy = await make();
    await busy.reset({ seed: 0 });
    // This step is still under way when a thread that lost its core comes to close().
    const step = expect(busy.step([-4, 0, 0])).rejects.toThrow(
      'close() was called while step() was under way',
    );
    await busy.close();
    await step;
  });

  it('lets the process end while nothing is under way, and not before', async () => {
    const stepping = `
      const env = await workerVectorEnv(options);
      await env.reset({ seed: 0 });
      const { observations } = await env.step([-4, 0]);
      console.log('steps', observations[0], observations[2]);`;
    expect(await output(stepping)).toBe('steps 1 1\n');
  });

  it('ends all threads where their spaces differ', async () => {
    const failing = `
      const made = workerVectorEnv({ ...options, id: 'Split-v0' });
      await made.catch((error) => console.log(error.message));`;
    expect(await output(failing)).toBe(
      'workerVectorEnv(Split-v0): its threads made environments of different spaces. ' +
        'Have the registry make the same one each time.\n',
    );
  });

  it('says why its threads can not start', async () => {
    await expect(make({ id: 'Missing-v0' })).rejects.toThrow(
      'environment "Missing-v0" is unknown. Known ones: MultiGoal-v0',
    );
    await expect(make({ exportName: 'nonsense' })).rejects.toThrow('export "nonsense" of');
    await expect(make({ module: new URL('./absent.ts', import.meta.url) })).rejects.toThrow('absent.ts');
    await expect(make({ options: { gains: [1, { of: Math.sin }] } })).rejects.toThrow(
      "workerVectorEnv(Troubled-v0): options.gains.1.of is a function, which can't be copied to another thread. " +
        'Give plain data: numbers,',
    );
    await expect(make({ workers: 0 })).rejects.toThrow('workers is 0, expected a positive integer');
    await expect(make({ numEnvs: 1.5 })).rejects.toThrow('numEnvs is 1.5');
  });
});
