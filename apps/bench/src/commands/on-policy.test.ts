import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { listCheckpoints, readCheckpoint } from '@meow-rl/train/node';
import { decodeRecording } from '@meow-rl/envs-mujoco/render';
import { whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { quietBench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';

const TINY =
  '--env MultiGoal-v0 --max-steps 7 --seed 3 --steps 320 --num-envs 2 --rollout-steps 32 --batch-size 16 --epochs 2 ' +
  '--hidden 8 --evaluate-every 120 --evaluation-episodes 2 --log-every 40 --checkpoint-every 50 --keep-checkpoints 9';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-on-policy-'));
  expect(await trainTiny(run())).toMatchObject({ code: 0, err: '' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = () => path.join(folder, 'run');
const trainTiny = (out: string, ...flags: readonly string[]) =>
  quietBench('train', '--algo', 'ppo', ...TINY.split(' '), ...flags, '--out', out);

const HOPPER =
  '--env Hopper-v5 --steps 256 --num-envs 2 --workers 2 --rollout-steps 64 --batch-size 32 --hidden 8 ' +
  '--evaluate-every 128 --evaluation-episodes 2';
const hopper = (name: string) => path.join(folder, name);
const trainHopper = (name: string, ...flags: readonly string[]) =>
  quietBench('train', '--algo', 'ppo', ...HOPPER.split(' '), ...flags, '--out', hopper(name));

const jsonOf = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

async function copyOf(name: string): Promise<string> {
  const copy = path.join(folder, name);
  await cp(run(), copy, { recursive: true });
  return copy;
}

describe('a run that learns from rollouts', () => {
  it('keeps its settings and none of replay, and can be trained again from them, by threads too', async () => {
    const config = await jsonOf(path.join(run(), 'config.json'));
    expect(config).toMatchObject({
      algo: 'ppo',
      preset: 'general',
      normalizeObservations: true,
      scaleRewards: true,
      agent: { rolloutSteps: 32, clipRange: 0.2, annealLearningRate: true },
    });
    for (const name of ['warmup', 'updatesPerStep', 'bufferSize']) expect(config).not.toHaveProperty(name);
    // Five rollouts of 64 transitions, of each two epochs of four minibatches.
    expect(await jsonOf(path.join(run(), 'summary.json'))).toMatchObject({ algorithm: 'ppo', updates: 40 });
    const again = path.join(folder, 'again');
    const flags = ['--config', path.join(run(), 'config.json'), '--workers', '2', '--out', again];
    expect(await quietBench('train', ...flags)).toMatchObject({ code: 0, err: '' });
    expect(await outcomeOf(again)).toEqual(await outcomeOf(run()));
  });

  it('goes on from any checkpoint to the same bits, in the middle of a rollout', async () => {
    const steps = await listCheckpoints(path.join(run(), 'checkpoints'));
    const begun: number[] = [];
    for (const step of steps) {
      const { values } = await readCheckpoint(path.join(run(), 'checkpoints', String(step)));
      const { counts } = values['rollout'] as { counts: number[] };
      if ((counts[0] ?? 0) > 0) begun.push(step);
    }
    expect(begun.length).toBeGreaterThan(3);
    for (const step of begun.slice(0, 2)) {
      const copy = await copyOf(`resumed-${step}`);
      const resumed = await quietBench('train', '--resume', copy, '--from', String(step));
      expect(resumed.code, resumed.err).toBe(0);
      expect(await outcomeOf(copy)).toEqual(await outcomeOf(run()));
    }
  });

  it('is played, exported with what it was standardized by, and verified', async () => {
    const played = await quietBench('eval', run(), '--episodes', '1', '--json');
    expect(played).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(played.out)).toMatchObject({ step: 320, environment: 'MultiGoal-v0' });
    // In the middle of the first rollout, of the second, and where the last one has just been learned from.
    for (const [step, met] of [
      [50, 50],
      [100, 64],
      [320, 64],
    ]) {
      const exported = await quietBench('export', run(), '--checkpoint', String(step), '--json');
      expect(exported).toMatchObject({ code: 0, err: '' });
      const { files } = JSON.parse(exported.out);
      expect(files.map(({ outputs }: { outputs: string[] }) => outputs)).toEqual([
        ['action'],
        ['action', 'log_prob'],
        ['value'],
      ]);
      for (const { maxError } of files) expect(maxError).toBeLessThan(1e-4);
      expect(files[0].observations).toBe(met);
    }
    const byFile = await quietBench(
      'eval',
      path.join(run(), 'policy', 'policy.onnx'),
      '--episodes',
      '1',
      '--json',
    );
    expect(byFile).toMatchObject({ code: 0, err: '' });
  });

  it('can not be given other steps while its learning rate falls over them', async () => {
    const { code, err } = await quietBench('train', '--resume', run(), '--steps', '640');
    expect(code).toBe(2);
    expect(err).toContain(
      `steps can't change on resume: the learning rate of ${run()} falls to 0 over its 320 steps, and 640 was given`,
    );
  });

  it('can be given more steps where it does not', async () => {
    const [short, long] = [path.join(folder, 'short'), path.join(folder, 'long')];
    const flags = ['--anneal-learning-rate', 'false', '--normalize-observations', 'false'];
    expect(await trainTiny(short, ...flags)).toMatchObject({ code: 0, err: '' });
    expect(await trainTiny(long, ...flags, '--steps', '448')).toMatchObject({ code: 0, err: '' });
    expect((await quietBench('train', '--resume', short, '--steps', '448')).code).toBe(0);
    expect((await outcomeOf(short)).policies).toEqual((await outcomeOf(long)).policies);
  });
});

describe('runs on a MuJoCo task, with several environments in threads', () => {
  beforeAll(async () => {
    for (const seed of ['1', '2'])
      expect(await trainHopper(seed, '--seed', seed)).toMatchObject({ code: 0, err: '' });
  });

  it('have the preset of their task', async () => {
    const config = await jsonOf(path.join(hopper('1'), 'config.json'));
    expect(config).toMatchObject({ preset: 'general', normalizeObservations: true, scaleRewards: true });
    expect(config.agent).toMatchObject({ gamma: 0.99, activation: 'tanh', rolloutSteps: 64, hidden: [8] });
  });

  it('are played with sampled actions or without, and drawn as they are played', async () => {
    const play = async (...flags: readonly string[]) => {
      const { out } = await quietBench(
        'eval',
        hopper('1'),
        '--episodes',
        '2',
        '--seed',
        '3',
        ...flags,
        '--json',
      );
      return JSON.parse(out).returns;
    };
    const returns = await play();
    expect(await play('--stochastic')).not.toEqual(returns);
    expect(await quietBench('render', hopper('1'), '--seed', '3')).toMatchObject({ code: 0, err: '' });
    const recording = path.join(hopper('1'), 'replay.qpos');
    const { episodeReturn, caption } = await decodeRecording(await readFile(recording), recording);
    // Alone it acts on one row, and engines round sums over several rows otherwise.
    expect(episodeReturn).toBeCloseTo(returns[0], 4);
    expect(caption).toBe('ppo after 256 steps, deterministic actions, seed 3');
  });

  it('are compared by their last evaluations, and drawn as curves', async () => {
    const out = path.join(folder, 'comparison');
    const compared = await quietBench('compare', hopper('1'), hopper('2'), '--out', out, '--json');
    expect(compared).toMatchObject({ code: 0, err: '' });
    const [{ groups }] = JSON.parse(compared.out).environments;
    const lasts = await Promise.all(
      ['1', '2'].map(async (name) => {
        const lines = (await readFile(path.join(hopper(name), 'metrics.jsonl'), 'utf8')).trim().split('\n');
        const evaluations = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'evaluation');
        expect(evaluations.map(({ step }) => step)).toEqual([128, 256]);
        return evaluations[1].mean;
      }),
    );
    expect(groups).toHaveLength(1);
    expect(groups[0].final.mean).toBeCloseTo((lasts[0] + lasts[1]) / 2, 10);
    expect(await readFile(path.join(out, 'Hopper-v5.svg'), 'utf8')).toContain('>ppo (numEnvs=2, ');
  });

  const fused = whyUnavailable();
  it.skipIf(fused !== undefined)(
    `are trained by the fused engine to the same numbers but for rounding${fused === undefined ? '' : ` (${fused})`}`,
    async () => {
      expect(await trainHopper('fused', '--seed', '1', '--engine', 'fused')).toMatchObject({
        code: 0,
        err: '',
      });
      const firstMetrics = async (name: string) => {
        const { events } = await outcomeOf(hopper(name));
        return events.find(({ type }) => type === 'metrics').update;
      };
      const [whole, byFused] = [await firstMetrics('1'), await firstMetrics('fused')];
      expect(Object.keys(byFused)).toEqual(Object.keys(whole));
      for (const [name, value] of Object.entries<number>(whole))
        expect(Math.abs(byFused[name] - value), name).toBeLessThan(1e-3 * Math.max(1, Math.abs(value)));
      // It goes on by the same engine, to the same bits.
      const resumed = hopper('fused-resumed');
      await cp(hopper('fused'), resumed, { recursive: true });
      expect((await quietBench('train', '--resume', resumed, '--from', '128')).code).toBe(0);
      expect(await outcomeOf(resumed)).toEqual(await outcomeOf(hopper('fused')));
    },
  );
});

it.each([
  [
    ['--n-step', '3'],
    'nStep 3 is for algorithms that learn from a replay buffer, and ppo learns from rollouts',
  ],
  [['--prioritized'], 'prioritized true is for algorithms that learn from a replay buffer'],
  [['--observation-storage', 'float16'], 'observationStorage float16 is for algorithms that learn from'],
  [['--rollout-steps', '1e12', '--steps', '1e13'], 'a rollout of 1000000000000 steps of'],
  [['--buffer-size', '1000'], 'bufferSize 1000 is for algorithms that learn from a replay buffer'],
  [['--warmup', '0'], 'warmup 0 is for algorithms that learn from a replay buffer'],
  [['--updates-per-step', '1'], 'updatesPerStep 1 is for algorithms that learn from a replay buffer'],
  [['--learner-threads', '2'], 'learnerThreads 2 is for algorithms that learn from a replay buffer'],
  [['--policy', 'averaged'], 'ppo has no averaged policy'],
  [
    ['--batch-size', '24'],
    '32 steps of 2 environments make 64 transitions, which is no multiple of batchSize 24',
  ],
  [['--steps', '63'], '63 steps are less than a rollout, 32 steps of 2 environments'],
  [['--alpha', '1'], '--alpha is a setting of meow, sql, not of ppo'],
  [['--rollout-steps', '0'], '--rollout-steps can\'t be "0". Give a positive integer'],
  [['--num-envs', '0'], '--num-envs can\'t be "0". Give a positive integer'],
  [['--gae-lambda', '1.5'], '--gae-lambda can\'t be "1.5". Give a number from 0 to 1'],
  [['--clip-range', '0'], '--clip-range can\'t be "0". Give a number from 0.000001 to 1e6'],
])('refuses %j', async (flags, message) => {
  const refused = path.join(folder, 'refused');
  const { code, err } = await trainTiny(refused, ...flags);
  expect(code).toBe(2);
  expect(existsSync(refused)).toBe(false);
  expect(err).toContain(message);
});
