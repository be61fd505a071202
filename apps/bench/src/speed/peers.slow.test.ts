import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { readRun } from '../compare/read-run.ts';
import { CONTESTANTS, isPeer } from '../race/contestants.ts';
import { readRaceRun } from '../race/curves.ts';
import { allEvents } from '../runs/read-events.ts';
import { readTrialState } from '../sweep/trial-state.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { peerPython, peersFolder, startPeers } from './peer-process.ts';
import { MEASURED_ALGORITHMS, peersOf } from './peers.ts';

/** Where golden files lie: GOLDEN_DIR, or a package's fixtures. */
const golden = (packageName: string, file: string): string =>
  path.join(
    process.env['GOLDEN_DIR'] ??
      fileURLToPath(new URL(`../../../../packages/${packageName}/fixtures`, import.meta.url)),
    file,
  );
const GOLDEN = {
  meow: golden('meow', 'meow-update.json'),
  sac: golden('baselines', 'sac-update.json'),
  td3: golden('baselines', 'td3-update.json'),
  sql: golden('baselines', 'sql-update.json'),
  ppo: golden('baselines', 'ppo-update.json'),
} as const;

const installed = existsSync(peerPython);
const notice = installed ? '' : ' (not installed: npm run peers:setup)';

const peer = (script: string, ...args: string[]) =>
  promisify(execFile)(peerPython, [path.join(peersFolder, script), ...args]);

// The peers are optional and several GB large, so machines without them pass.
describe.skipIf(!installed).each(MEASURED_ALGORITHMS)(`%s of the peers${notice}`, (algorithm) => {
  test('PyTorch and JAX give the golden updates', async () => {
    const { stdout } = await peer('check.py', algorithm, GOLDEN[algorithm]);
    const errors: Record<string, number> = JSON.parse(stdout);
    const { torch, jax } = peersOf(algorithm).updates;
    // Two cases of each.
    expect(Object.keys(errors)).toHaveLength(2 * (torch.length + jax.length));
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(1e-9);
  });

  const measured = { algorithm, observationSize: 17, actionSize: 6, batchSize: 8, threads: 1, seed: 0 };

  test('each version of the update is timed', async () => {
    const { updates } = peersOf(algorithm);
    const peers = await startPeers([...updates.torch, ...updates.jax], measured);
    for (const { name, update, act, close, versions } of peers) {
      expect(Object.keys(versions), name).toHaveLength(1);
      // What learns from rollouts makes 320 updates at once.
      for (const [milliseconds, length] of [
        [await update(3), algorithm === 'ppo' ? 1 : 3],
        [await act(3, 1), 3],
      ] as const) {
        expect(milliseconds, name).toHaveLength(length);
        expect(Math.min(...milliseconds), name).toBeGreaterThan(0);
      }
      await close();
    }
  });

  test('each loop is timed', async () => {
    const { loops } = peersOf(algorithm);
    const peers = await startPeers([...loops.torch, ...loops.jax], measured);
    for (const { name, loop, close } of peers) {
      expect(await loop(20, 20), name).toBeGreaterThan(0);
      await close();
    }
  });
});

describe.skipIf(!installed)(`train_torch.py${notice}`, () => {
  test('values, actions, entropy and the share beyond the margin are the golden ones', async () => {
    const { stdout } = await peer('check.py', 'meow', golden('meow', 'meow-forward.json'));
    const errors: Record<string, number> = JSON.parse(stdout);
    // Four cases of two variants.
    expect(Object.keys(errors)).toHaveLength(8);
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(1e-9);
  });

  test('its folder is read as that of a run', async () => {
    const folder = path.join(await temporaryFolder(), 'peer');
    const task = ['--env', 'Hopper-v5', '--seed', '3', '--steps', '300', '--warmup', '100'];
    const schedule = ['--evaluate-every', '200', '--evaluation-episodes', '2', '--log-every', '100'];
    await peer('train_torch.py', ...task, ...schedule, '--out', folder);

    const read = await readRun(folder);
    if (!('run' in read)) throw new Error(read.reason);
    const { environment, algorithm, seed, config, evaluations, step, notes } = read.run;
    expect({ environment, algorithm, seed, step, notes }).toEqual({
      environment: 'Hopper-v5',
      algorithm: 'meow-torch',
      seed: 3,
      step: 300,
      notes: [],
    });
    expect(config['agent']).toMatchObject({ alpha: 0.25, tau: 0.005, logSigmaMax: -0.3, dropout: 0.1 });
    expect(evaluations.map((evaluation) => evaluation.step)).toEqual([200, 300]);

    const metrics = (await allEvents(path.join(folder, 'metrics.jsonl'))).filter(
      (event) => event.type === 'metrics',
    );
    expect(metrics.map(({ updates }) => updates)).toEqual([0, 100, 200]);
    expect(metrics[0]?.update).toEqual({});
    // Three entries in [-1, 1], nearly uniform at first.
    expect(metrics[2]?.update['entropy']).toBeGreaterThan(-3);
    expect(metrics[2]?.update['entropy']).toBeLessThan(3 * Math.log(2));
    expect(metrics[2]?.update['beyondMargin']).toBe(0);
    expect(metrics[2]?.update['meanValue']).toBeGreaterThan(metrics[2]?.update['meanQ'] ?? Infinity);
  });
});

describe.skipIf(!installed).each(CONTESTANTS.filter(isPeer))(
  `race.py --contestant %s${notice}`,
  (contestant) => {
    test('trains, and evaluates as it is asked', async () => {
      const folder = path.join(await temporaryFolder(), 'peer');
      const schedule = [
        '--steps',
        '60',
        '--warmup',
        '20',
        '--evaluate-every',
        '20',
        '--evaluation-episodes',
        '2',
      ];
      await peer('race.py', '--contestant', contestant, '--env', 'Pendulum-v1', ...schedule, '--out', folder);
      const trial = {
        name: '',
        folder,
        algorithm: contestant,
        environment: '',
        settings: {},
        cores: 1,
        steps: 60,
      };
      const { points, versions } = await readRaceRun(trial);
      // A library's callback comes before the update of its step.
      const late = Number(contestant.startsWith('sb'));
      expect(points.map(({ step, updates }) => [step, updates])).toEqual([
        [20, 0],
        [40, 20 - late],
        [60, 40 - late],
      ]);
      for (const { seconds, return: mean } of points) {
        expect(seconds).toBeGreaterThan(0);
        // Of 200 steps, each of which costs at most 16.3.
        expect(mean).toBeLessThan(0);
        expect(mean).toBeGreaterThan(-3260);
      }
      expect(Object.keys(versions)).toEqual(expect.arrayContaining(['python', 'gymnasium', 'mujoco']));
      expect((await readTrialState({ folder }, 60, { hasPolicy: false })).phase).toBe('finished');
    });
  },
);
