import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { lockFolder } from '@meow-rl/train/node';
import { describe, expect, it } from 'vitest';

import { EXPERIMENTS } from '../reproduce/experiments.ts';
import { readPlan, writePlan } from '../reproduce/saved-plan.ts';
import { sweepOfPlan } from '../reproduce/sweep-of-plan.ts';
import { expandSweep } from '../sweep/trial.ts';
import { startFakeRay } from '../testing/fake-ray.ts';
import { bench } from '../testing/run-bench.ts';
import { startBench } from '../testing/start-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const refused = async (...argv: readonly string[]) => {
  const { code, err } = await bench('reproduce', ...argv);
  expect(code).toBe(2);
  return err;
};

const arm = (algorithm: string, preset?: string) => ({
  environment: 'Hopper-v5',
  arm: { algorithm, ...(preset !== undefined && { preset }) },
  steps: 4000,
  evaluateEvery: 400,
  ...(algorithm === 'ppo' ? { seconds: 1 } : { seconds: 2, warmup: 1000 }),
});

describe('reproduce', () => {
  it('refuses figures, algorithms, environments and times that are none, fig3 without Isaac Lab, and a cluster of unknown size', async () => {
    expect(await refused('fig4')).toContain('there is no figure fig4. Did you mean fig1?');
    expect(await refused('fig2', '--algorithms', 'dqn')).toContain(
      'there is no algorithm of fig2 called dqn. ',
    );
    expect(await refused('fig1', '--environments', 'Hopper-v5')).toBe(
      'meow-bench: Figure 1 is of MultiGoal-v0, not of Hopper-v5. Leave out --environments, or reproduce fig2.\n',
    );
    expect(await refused('ablations', '--environments', 'Hopper-v5,Pendulum-v1')).toContain(
      'the ablations have no presets for Pendulum-v1. They have for HalfCheetah-v5, ',
    );
    // Whichever it is, and before anything is measured.
    expect(await refused('fig2', '--environments', 'Hopper-v5,Walker2-v5')).toContain(
      'there is no environment Walker2-v5. Did you mean Walker2d-v5?',
    );
    expect(await refused('fig2', '--environments', 'Hopper-v5,./nowhere.ts#make')).toContain('nowhere.ts');
    expect(await refused('fig2', '--steps', '1000')).toContain(
      '1000 steps are less than a rollout, 2048 steps of 1 environment: nothing would be learned',
    );
    expect(await refused('fig2', '--budget', '8')).toContain('Give a time such as 8h, 1h30m or 45s');
    expect(await refused('fig2', '--engine', 'ray')).toBe(
      "meow-bench: a plan for a Ray cluster goes by the cluster's cores, not by this machine's. Say how many runs go on there at one time with --cores.\n",
    );
    expect(await refused('fig3', '--python', '/nowhere/python')).toBe(
      'meow-bench: fig3 trains in Isaac Lab, and /nowhere/python has none. Name the Python that has it with --python or MEOW_PYTHON; docs/isaac.md says how to install it.\n',
    );
  });
});

describe('reproduce, before it runs anything', () => {
  it('refuses names that are there twice, and settings that nothing takes', async () => {
    expect(await refused('fig2', '--environments', 'Hopper-v5,Ant-v5,Hopper-v5')).toContain(
      '--environments names Hopper-v5 twice. Name each once',
    );
    expect(await refused('fig2', '--algorithms', 'sac,sac')).toContain('--algorithms names sac twice');
    expect(await refused('fig2', '--python', 'python3', '--environments', 'Hopper-v5')).toContain(
      'python is for simulators in Python, and Hopper-v5 is none. Leave it out.',
    );
    expect(await refused('fig1', '--simulator-device', 'cpu')).toContain(
      'simulatorDevice is for simulators in Python, and MultiGoal-v0 is none.',
    );
    const file = join(await temporaryFolder(), 'ray.yaml');
    await writeFile(file, 'adress: http://head:8265');
    expect(await refused('fig1', '--ray', file)).toContain(
      'ray is for runs on a Ray cluster, and these run on this machine. Give --engine ray with it',
    );
    expect(await refused('fig1', '--engine', 'ray', '--cores', '2', '--ray', file)).toContain(
      `${file}: unknown setting ray.adress. Did you mean ray.address?`,
    );
  });

  it('refuses a budget that is too little for anything, with what makes the experiment smaller, and leaves no folder', async () => {
    const root = await temporaryFolder();
    const out = join(root, 'a', 'b');
    const ofAll = await refused('fig2', '--budget', '1s', '--cores', '2', '--seeds', '4', '--out', out);
    // Six runs that are measured and 24 more on two cores, six seconds each.
    expect(ofAll).toContain(
      '1s is too little: to start the runs that are measured, and those of the smallest experiment, takes 1m30s. ',
    );
    expect(ofAll).toContain('or make it smaller with --noise-episodes 1, fewer --seeds, fewer --algorithms.');
    const ofOne = await refused('fig1', '--budget', '1s', '--out', out);
    expect(ofOne).toContain('Give several times that with --budget.');
    expect(await readdir(root)).toEqual([]);
  });

  it('says why a folder is none, and leaves the one that another process has as it is', async () => {
    const root = await temporaryFolder();
    const file = join(root, 'file');
    await writeFile(file, 'mine');
    expect(await bench('reproduce', 'fig1', '--out', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`can't write to ${file}: a file of that name is in the way`),
    });
    const taken = join(root, 'taken');
    await mkdir(join(taken, 'measurement-1'), { recursive: true });
    const lock = await lockFolder(taken);
    expect(await bench('reproduce', 'fig1', '--out', taken)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`folder ${taken} is in use`),
    });
    expect((await readdir(taken)).toSorted()).toEqual(['measurement-1', 'run.lock']);
    await lock.release();
  });

  it('says how runs get onto a Ray cluster, and deletes only what it has measured itself', async () => {
    const ray = await startFakeRay(undefined, () => ({
      status: 'FAILED',
      driver_exit_code: 2,
      logs: 'meow-bench: no.',
    }));
    const root = await temporaryFolder();
    const file = join(root, 'ray.yaml');
    await writeFile(file, JSON.stringify({ address: ray.address, app: '/shared/app', node: '/opt/node' }));
    const out = join(root, 'out');
    await mkdir(join(out, 'measurement'), { recursive: true });
    await writeFile(join(out, 'measurement', 'notes.txt'), 'mine');
    const flags = ['--engine', 'ray', '--cores', '2', '--ray', file, '--out', out];
    const { code, err } = await bench('reproduce', 'fig1', '--budget', '8h', ...flags);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('the short run of meow on MultiGoal-v0 failed: no.'),
    ]);
    const [job] = ray.jobs.values();
    expect(job).toMatchObject({
      entrypoint: expect.stringMatching(
        String.raw`^exec /opt/node /shared/app/node_modules/@meow-rl/bench/bin/meow-bench.js train --out ${out}/measurement-\w+/MultiGoal-v0/meow/multi-goal-demo/seed-0 `,
      ),
    });
    expect(await readdir(out)).toEqual(['measurement']);
    expect(await readFile(join(out, 'measurement', 'notes.txt'), 'utf8')).toBe('mine');
  });
});

it('says of a measurement that is interrupted that nothing is kept', async () => {
  const out = join(await temporaryFolder(), 'out');
  const { child, ended, until } = startBench('reproduce', 'fig1', '--dry-run', '--cores', '1', '--out', out);
  await until(
    () =>
      existsSync(out) &&
      readdirSync(out, { recursive: true }).some((name) => String(name).endsWith('metrics.jsonl')),
  );
  child.kill('SIGTERM');
  const { code, err } = await ended;
  expect(code, err).toBe(143);
  expect(err).toContain('meow-bench: interrupted; the trials end. ');
  expect(err).toContain(
    'meow-bench: stopped while measuring, of which nothing is kept. The same command measures anew.\n',
  );
  expect(existsSync(out)).toBe(false);
}, 300_000);

describe('what reproduce is made of', () => {
  it('gives shortened warm-ups and presets to the runs that have them', () => {
    const plan = { seeds: 2, seconds: 1, arms: [arm('ppo'), arm('meow', 'hopper-affine')] };
    const trials = expandSweep(
      sweepOfPlan(EXPERIMENTS.fig2, plan, { simulator: { engine: 'fused' } }, 'out'),
    );
    expect(trials.map(({ name }) => name)).toEqual([
      'Hopper-v5/meow/hopper-affine/seed-0',
      'Hopper-v5/meow/hopper-affine/seed-1',
      'Hopper-v5/ppo/seed-0',
      'Hopper-v5/ppo/seed-1',
    ]);
    expect(trials[0]?.settings).toMatchObject({
      algo: 'meow',
      preset: 'hopper-affine',
      steps: 4000,
      evaluateEvery: 400,
      warmup: 1000,
      engine: 'fused',
      evaluationEpisodes: 5,
    });
    expect(trials[2]?.settings).not.toHaveProperty('warmup');
  });

  it('keeps a plan for the same flags alone', async () => {
    const out = await temporaryFolder();
    expect(await readPlan(out, 'fig2')).toBeUndefined();
    const plan = { seeds: 1, seconds: 2, arms: [] };
    await writePlan(out, 'fig2', plan);
    expect(await readPlan(out, 'fig2')).toEqual(plan);
    await expect(readPlan(out, 'fig2 --seeds 3')).rejects.toThrow('holds what was begun as "fig2"');
    await writePlan(out, 'fig2 --budget 10m --algorithms meow,sac', plan);
    expect(await readPlan(out, 'fig2 --budget 600s --algorithms sac,meow')).toEqual(plan);
    await expect(readPlan(out, 'fig2 --budget 601s --algorithms meow,sac')).rejects.toThrow('was begun as');
    await expect(readPlan(out, 'fig2 --budget 10m --algorithms meow')).rejects.toThrow('was begun as');
    await writeFile(join(out, 'plan.json'), '{');
    await expect(readPlan(out, 'fig2')).rejects.toThrow('is no plan of reproduce');
  });
});
