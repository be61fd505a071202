import { describe, expect, it } from 'vitest';

import { parseSweep } from './definition.ts';
import { expandSweep, trialArguments } from './trial.ts';

const expand = (raw: Readonly<Record<string, unknown>>) =>
  expandSweep(parseSweep(raw, 'sweep.yaml', 'runs/s'));
const tasks = { algorithms: ['sac'], environments: ['Hopper-v5'] };

const drawn = (trials: number, seed: number) =>
  expand({
    ...tasks,
    random: {
      trials,
      seed,
      settings: {
        'agent.learningRate': { logUniform: [1e-5, 1e-2] },
        'agent.gamma': { uniform: [0.9, 0.99] },
        'agent.batchSize': { integer: [16, 18] },
        numEnvs: { choice: [1, 8] },
      },
    },
  });

/** Draws one of two numbers. */
const discrete = (trials: number) =>
  expand({ ...tasks, random: { trials, seed: 0, settings: { numEnvs: { choice: [1, 8] } } } });

describe('a sweep', () => {
  it('has a trial for each algorithm, environment and seed, seed by seed', () => {
    const trials = expand({
      algorithms: ['meow', 'sac'],
      environments: ['Hopper-v5', 'gym:Ant-v5'],
      seeds: 2,
      settings: { steps: 500, agent: { gamma: 0.9 } },
    });
    expect(trials.map(({ name }) => name)).toEqual([
      'Hopper-v5/meow/seed-0',
      'Hopper-v5/sac/seed-0',
      'gym-Ant-v5/meow/seed-0',
      'gym-Ant-v5/sac/seed-0',
      'Hopper-v5/meow/seed-1',
      'Hopper-v5/sac/seed-1',
      'gym-Ant-v5/meow/seed-1',
      'gym-Ant-v5/sac/seed-1',
    ]);
    expect(trials[3]).toEqual({
      name: 'gym-Ant-v5/sac/seed-0',
      folder: 'runs/s/gym-Ant-v5/sac/seed-0',
      algorithm: 'sac',
      environment: 'gym:Ant-v5',
      settings: {
        algo: 'sac',
        env: 'gym:Ant-v5',
        seed: 0,
        steps: 500,
        parallel: 'off',
        threads: 1,
        workers: 0,
        learnerThreads: 0,
        agent: { gamma: 0.9 },
      },
      cores: 1,
    });
  });

  it('has each value of a grid with each other one and with each entry of a list', () => {
    const trials = expand({
      ...tasks,
      seeds: [7],
      grid: { 'agent.learningRate': [1e-3, 1e-4], numEnvs: [1, 4] },
      list: [{ name: 'wide', agent: { hidden: [256, 256] } }, { agent: { hidden: [64, 64] } }],
    });
    expect(trials.map(({ name }) => name)).toEqual([
      'Hopper-v5/sac/learningRate-0.001-numEnvs-1-wide/seed-7',
      'Hopper-v5/sac/learningRate-0.001-numEnvs-1-hidden-64-64/seed-7',
      'Hopper-v5/sac/learningRate-0.001-numEnvs-4-wide/seed-7',
      'Hopper-v5/sac/learningRate-0.001-numEnvs-4-hidden-64-64/seed-7',
      'Hopper-v5/sac/learningRate-0.0001-numEnvs-1-wide/seed-7',
      'Hopper-v5/sac/learningRate-0.0001-numEnvs-1-hidden-64-64/seed-7',
      'Hopper-v5/sac/learningRate-0.0001-numEnvs-4-wide/seed-7',
      'Hopper-v5/sac/learningRate-0.0001-numEnvs-4-hidden-64-64/seed-7',
    ]);
    expect(trials[2]?.settings).toMatchObject({
      numEnvs: 4,
      agent: { learningRate: 1e-3, hidden: [256, 256] },
    });
  });

  it('draws settings by its seed, the same ones whether more are drawn or not', () => {
    const trials = drawn(200, 3);
    expect(trials[7]?.name).toBe('Hopper-v5/sac/random-7/seed-0');
    expect(trials.slice(0, 5)).toEqual(drawn(5, 3));
    expect(drawn(5, 4)[0]?.settings).not.toEqual(trials[0]?.settings);
    const of = (key: string) =>
      trials.map(({ settings }) => Number(Reflect.get(Object(settings['agent']), key)));
    expect(new Set(of('batchSize'))).toEqual(new Set([16, 17, 18]));
    expect(new Set(trials.map(({ settings }) => settings['numEnvs']))).toEqual(new Set([1, 8]));
    expect(Math.min(...of('gamma'))).toBeGreaterThanOrEqual(0.9);
    expect(Math.max(...of('gamma'))).toBeLessThan(0.99);
    // A third in each decade: with 200 draws four standard deviations are 27.
    const rates = of('learningRate').map(Math.log10);
    for (const decade of [-5, -4, -3])
      expect(Math.abs(rates.filter((rate) => Math.floor(rate) === decade).length - 200 / 3)).toBeLessThan(27);
  });

  it('leaves out what it has drawn before, where values are discrete', () => {
    const names = discrete(10).map(({ name }) => name);
    expect(names).toHaveLength(2);
    expect(names[0]).toBe('Hopper-v5/sac/random-0/seed-0');
    expect(discrete(200).map(({ name }) => name)).toEqual(names);
    expect(new Set(discrete(10).map(({ settings }) => settings['numEnvs']))).toEqual(new Set([1, 8]));
  });

  it('has groups, for which what stands at the top holds unless they say otherwise', () => {
    const trials = expand({
      ...tasks,
      out: 'elsewhere',
      settings: { steps: 900, agent: { gamma: 0.9 } },
      groups: [
        { name: 'long', settings: { steps: 9000 } },
        { name: 'td3', algorithms: ['td3'], cores: 3 },
        { settings: { threads: 2, learnerThreads: 2, pipeline: true } },
      ],
    });
    expect(trials.map(({ name, folder, cores }) => [name, folder, cores])).toEqual([
      ['long/Hopper-v5/sac/seed-0', 'elsewhere/long/Hopper-v5/sac/seed-0', 1],
      ['td3/Hopper-v5/td3/seed-0', 'elsewhere/td3/Hopper-v5/td3/seed-0', 3],
      ['Hopper-v5/sac/seed-0', 'elsewhere/Hopper-v5/sac/seed-0', 3],
    ]);
    expect(trials.map(({ settings }) => settings['steps'])).toEqual([9000, 900, 900]);
    expect(trials[0]?.settings['agent']).toEqual({ gamma: 0.9 });
  });

  it('begins a trial, and goes on with it, by arguments of train', () => {
    const [trial] = expand({
      ...tasks,
      settings: {
        prioritized: true,
        noTensorboard: false,
        normalizeObservations: false,
        agent: { hidden: [8, 4] },
      },
    });
    if (!trial) throw new Error('there is a trial');
    const flags =
      '--algo sac --env Hopper-v5 --seed 0 --workers 0 --prioritized --normalize-observations false --parallel off --threads 1 --learner-threads 0 --hidden 8,4';
    expect(trialArguments(trial, false).join(' ')).toBe(`train --out ${trial.folder} ${flags}`);
    expect(trialArguments(trial, true).join(' ')).toBe(`train --resume ${trial.folder} ${flags}`);
  });
});
