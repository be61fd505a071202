import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { costOf } from '../reproduce/measure-costs.ts';
import { EXPERIMENTS } from '../reproduce/experiments.ts';
import { readPlan, writePlan } from '../reproduce/saved-plan.ts';
import { sweepOfPlan } from '../reproduce/sweep-of-plan.ts';
import { expandSweep } from '../sweep/trial.ts';
import { bench } from '../testing/run-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const refused = async (...argv: readonly string[]) => {
  const { code, err } = await bench('reproduce', ...argv);
  expect(code).toBe(2);
  return err;
};

const metrics = (step: number, updates: number, seconds: number) => ({
  type: 'metrics' as const,
  step,
  updates,
  episodes: 0,
  update: {},
  time: { seconds, stepsPerSecond: 0 },
});

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
    expect(await refused('fig2', '--budget', '8')).toContain('Give a time such as 8h, 1h30m or 45s');
    expect(await refused('fig2', '--engine', 'ray')).toBe(
      "meow-bench: a plan for a Ray cluster goes by the cluster's cores, not by this machine's. Say how many runs go on there at one time with --cores.\n",
    );
    expect(await refused('fig3', '--python', '/nowhere/python')).toBe(
      'meow-bench: fig3 trains in Isaac Lab, and /nowhere/python has none. Name the Python that has it with --python or MEOW_PYTHON; docs/isaac.md says how to install it.\n',
    );
  });
});

describe('what reproduce is made of', () => {
  it('has rates without warm-up and evaluations', () => {
    const played = { lengths: [1000], returns: [1], terminated: [false], mean: 1, standardDeviation: 0 };
    const events = [
      metrics(300, 0, 1),
      metrics(350, 50, 2),
      metrics(850, 550, 7),
      {
        ...played,
        type: 'evaluation' as const,
        actions: 'deterministic' as const,
        step: 900,
        updates: 600,
        stochastic: { ...played, actions: 'sampled' as const, lengths: [500] },
        time: { seconds: 10, duration: 3 },
      },
      metrics(900, 600, 10),
    ];
    const { stepSeconds, episodeSeconds } = costOf(events, { environment: 'Hopper-v5' });
    expect(stepSeconds).toBeCloseTo(5 / 500, 12);
    // 3 seconds for 1,500 steps.
    expect(episodeSeconds).toBeCloseTo(2, 12);
  });

  it('gives shortened warm-ups and presets to the runs that have them', () => {
    const plan = { seeds: 2, seconds: 1, arms: [arm('ppo'), arm('meow', 'hopper-affine')] };
    const trials = expandSweep(sweepOfPlan(EXPERIMENTS.fig2, plan, { engine: 'fused' }, 'out'));
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
    await writeFile(join(out, 'plan.json'), '{');
    await expect(readPlan(out, 'fig2')).rejects.toThrow('is no plan of reproduce');
  });
});
