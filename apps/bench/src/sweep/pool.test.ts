import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { PlannedTrial } from './trial.ts';
import { runTrials } from './pool.ts';
import type { Ending, TrialEngine } from './trial-engine.ts';

const trial = (name: string, cores = 1): PlannedTrial => ({
  name,
  folder: name,
  algorithm: 'meow',
  environment: 'MultiGoal-v0',
  settings: {},
  cores,
  steps: 10,
});

/** An engine whose attempts end as a list says, `stop` for those that wait to be stopped. */
function scriptedEngine(cores: number, script: Readonly<Record<string, readonly (Ending | 'stop')[]>>) {
  const started: string[] = [];
  let [busy, most] = [0, 0];
  const engine: TrialEngine = {
    name: 'local',
    cores,
    remedy: '',
    run: async ({ name, cores }, stop) => {
      const attempt = 1 + started.filter((earlier) => earlier.startsWith(`${name} `)).length;
      started.push(`${name} ${attempt}`);
      busy += cores;
      most = Math.max(most, busy);
      const ending = script[name]?.[attempt - 1] ?? { kind: 'done' };
      if (ending === 'stop') await once(stop, 'abort');
      else await Promise.resolve();
      busy -= cores;
      return ending === 'stop' ? { kind: 'stopped' } : ending;
    },
  };
  return { engine, started, most: () => most };
}

const failed = (again = true): Ending => ({ kind: 'failed', error: 'diverged', again });
const signal = new AbortController().signal;
const onChange = () => {};

describe('a pool of trials', () => {
  it('uses no more cores than there are, in order', async () => {
    const { engine, started, most } = scriptedEngine(3, {});
    const trials = [trial('a'), trial('b', 2), trial('c', 3), trial('d')];
    const statuses = await runTrials(trials, { engine, retries: 0, signal, onChange });
    expect([...statuses.values()].map(({ phase }) => phase)).toEqual(Array(4).fill('finished'));
    expect(started).toEqual(['a 1', 'b 1', 'c 1', 'd 1']);
    expect(most()).toBe(3);
  });

  it('tries again what failed, after those that wait, as often as it may', async () => {
    const { engine, started } = scriptedEngine(1, {
      a: [failed(), failed(), failed()],
      b: [failed()],
      c: [failed(false)],
    });
    const trials = [trial('a'), trial('b'), trial('c')];
    const statuses = await runTrials(trials, { engine, retries: 2, signal, onChange });
    expect(started).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'a 3']);
    expect([...statuses.values()]).toEqual([
      { phase: 'failed', attempts: 3, error: 'diverged' },
      { phase: 'finished', attempts: 2 },
      { phase: 'failed', attempts: 1, error: 'diverged' },
    ]);
  });

  it('told to stop, starts nothing more', async () => {
    const { engine, started } = scriptedEngine(2, { a: [failed()], b: ['stop'] });
    const controller = new AbortController();
    const trials = [trial('a'), trial('b'), trial('c', 2)];
    const statuses = await runTrials(trials, {
      engine,
      retries: 2,
      signal: controller.signal,
      onChange: ({ name }, { phase }) => {
        if (name === 'a' && phase !== 'running') controller.abort();
      },
    });
    expect(started).toEqual(['a 1', 'b 1']);
    expect([...statuses.values()].map(({ phase }) => phase)).toEqual(['waiting', 'stopped', 'waiting']);
  });

  it('stops more trials than a signal has listeners without a warning', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    const trials = Array.from({ length: 12 }, (_, index) => trial(`t${index}`));
    const { engine } = scriptedEngine(12, Object.fromEntries(trials.map(({ name }) => [name, ['stop']])));
    const controller = new AbortController();
    const running = runTrials(trials, { engine, retries: 0, signal: controller.signal, onChange });
    // Warnings are given in the next turn of the event loop.
    await setImmediate();
    controller.abort();
    expect([...(await running).values()].map(({ phase }) => phase)).toEqual(Array(12).fill('stopped'));
    expect(warnings).toEqual([]);
  });

  it('stops all trials if the engine fails', async () => {
    const { engine, started } = scriptedEngine(2, { a: ['stop'] });
    const broken: TrialEngine = {
      ...engine,
      run: (trial, stop, report) =>
        trial.name === 'b' ? Promise.reject(new Error('no such cluster')) : engine.run(trial, stop, report),
    };
    const running = runTrials([trial('a'), trial('b')], { engine: broken, retries: 2, signal, onChange });
    await expect(running).rejects.toThrow('no such cluster');
    expect(started).toEqual(['a 1']);
  });
});
