import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { decodeRecording } from '@meow-rl/envs-mujoco/render';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { quietBench } from '../testing/run-bench.ts';

const jsonOf = async (...argv: readonly string[]) => JSON.parse((await quietBench(...argv, '--json')).out);

describe.each([
  ['td3', 25_000, ['q1', 'q2']],
  ['ddpg', 25_000, ['q1']],
] as const)('a run of %s', (algo, generalWarmup, critics) => {
  let folder = '';
  let run = '';
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'meow-deterministic-'));
    run = path.join(folder, 'run');
    const task = '--env Hopper-v5 --seed 2 --steps 130 --warmup 100 --hidden 8 --batch-size 16';
    const more = '--evaluate-every 500 --policy averaged --exploration-noise 0.3';
    const flags = [...task.split(' '), ...more.split(' ')];
    const trained = await quietBench('train', '--algo', algo, ...flags, '--out', run);
    expect(trained).toMatchObject({ code: 0, err: '' });
  });

  it('has the preset of its task, and is exported without a density', async () => {
    const config = JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8'));
    expect(config).toMatchObject({ algo, preset: 'mujoco', policy: 'averaged' });
    expect(config.agent).toMatchObject({ gamma: 0.99, tau: 0.005, explorationNoise: 0.3 });
    const { files, missing } = await jsonOf('export', run);
    expect(missing).toBe(
      `There is no policy-stochastic.onnx: the policy of ${algo} is deterministic, and what it samples is noise to explore.`,
    );
    expect(files.map(({ kind }: { kind: string }) => kind)).toEqual(['policy', 'critic']);
    for (const { maxError } of files) expect(maxError).toBeLessThan(1e-5);
    const file = await readFile(path.join(run, 'policy', 'critic.onnx'), 'latin1');
    for (const name of ['q1', 'q2']) expect(file.includes(name), name).toBe(critics.some((q) => q === name));
  });

  it('is played with exploration noise or without, and drawn', async () => {
    const play = async (...flags: readonly string[]) =>
      (await jsonOf('eval', run, '--episodes', '2', '--seed', '3', ...flags)).returns;
    const returns = await play();
    expect(await play('--stochastic')).not.toEqual(returns);
    expect((await quietBench('render', run, '--seed', '3')).code).toBe(0);
    const recording = path.join(run, 'replay.qpos');
    const { episodeReturn } = await decodeRecording(await readFile(recording), recording);
    // Alone it acts on one row, and engines round sums over several rows otherwise.
    expect(episodeReturn).toBeCloseTo(returns[0], 4);
  });

  it('warms up longer where no preset knows the task', async () => {
    const { code, err } = await quietBench('train', '--algo', algo, '--env', 'MultiGoal-v0', '--steps', '10');
    expect(code).toBe(2);
    expect(err).toContain(`warmup ${generalWarmup} leaves nothing to learn in 10 steps`);
  });
});

it('settings that contradict each other are refused before anything starts', async () => {
  const { code, err } = await quietBench('train', '--algo', 'td3', '--target-noise-clip', '0');
  expect([code, err]).toEqual([
    2,
    'meow-bench: targetNoiseClip must be above 0 with targetNoise 0.2, got 0. Only targetNoise 0 turns the smoothing off. Change it in the flags or the file.\n',
  ]);
  expect((await quietBench('train', '--algo', 'ddpg', '--target-noise', '0')).err).toBe(
    'meow-bench: --target-noise is a setting of td3, not of ddpg. ddpg has --exploration-noise. Leave it out, or train with --algo td3.\n',
  );
});
