import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import type { Ending, Engine } from './engine.ts';
import type { PlannedTrial } from './plan.ts';
import { runTrials } from './pool.ts';

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
  const engine: Engine = {
    name: 'local',
    cores,
    remedy: '',
    close: async () => {},
    start: async ({ name, cores }, attempt) => {
      started.push(`${name} ${attempt}`);
      busy += cores;
      most = Math.max(most, busy);
      const ending = script[name]?.[attempt - 1] ?? { kind: 'done' };
      const stopping = new AbortController();
      const ended = (async (): Promise<Ending> => {
        if (ending === 'stop') await once(stopping.signal, 'abort');
        else await Promise.resolve();
        busy -= cores;
        return ending === 'stop' ? { kind: 'stopped' } : ending;
      })();
      return { ended, stop: () => stopping.abort() };
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

  it('stops all trials if the engine fails', async () => {
    const { engine, started } = scriptedEngine(2, { a: ['stop'] });
    const broken: Engine = {
      ...engine,
      start: (trial, attempt, report) =>
        trial.name === 'b'
          ? Promise.reject(new Error('no such cluster'))
          : engine.start(trial, attempt, report),
    };
    const running = runTrials([trial('a'), trial('b')], { engine: broken, retries: 2, signal, onChange });
    await expect(running).rejects.toThrow('no such cluster');
    expect(started).toEqual(['a 1']);
  });
});
