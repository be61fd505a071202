import { describe, expect, it } from 'vitest';

import { bench } from '../testing/run-bench.ts';
import { QUICK_TRIAL, writeSweep } from '../testing/sweep.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { parseSweep, readSweep } from './definition.ts';
import { planSweep } from './plan.ts';

const whole = { algorithms: ['sac'], environments: ['Pendulum-v1'] };

/** What is said of a sweep. */
async function refusal(sweep: unknown): Promise<string> {
  const folder = await temporaryFolder();
  const file = await writeSweep(folder, sweep);
  const planned = readSweep(file, `${folder}/out`).then((read) => planSweep(read, 'local'));
  const error = await planned.then(() => undefined, String);
  return (error ?? 'nothing').replaceAll(`${folder}/`, '');
}

describe('a sweep is refused', () => {
  const cases: Record<string, [unknown, string]> = {
    'that is a list': [[], 'sweep.yaml holds a list, not settings. Write one "name: value" per line.'],
    'that is empty': [{}, 'sweep.yaml: there are no algorithms to make trials of. Give a list'],
    'without environments': [
      { algorithms: ['sac'] },
      'sweep.yaml: there are no environments to make trials of.',
    ],
    'without a trial': [
      { ...whole, algorithms: [] },
      "sweep.yaml: algorithms can't be []. Give a list of names",
    ],
    'without a seed': [{ ...whole, seeds: 0 }, "sweep.yaml: seeds can't be 0. Give a number of seeds"],
    'with a key that there is not': [{ ...whole, seed: 3 }, 'unknown setting seed. Did you mean seeds?'],
    'with an unknown key of a group': [
      { ...whole, groups: [{}, { enviroments: ['Hopper-v5'] }] },
      'sweep.yaml, group 2: unknown setting enviroments. Did you mean environments?',
    ],
    'with a group in a group': [{ groups: [{ ...whole, groups: [{}] }] }, 'group 1: unknown setting groups'],
    'with a value for a list': [
      { ...whole, grid: { 'agent.gamma': 0.9 } },
      'grid can\'t be {"agent.gamma":0.9}. Give a list of values per setting',
    ],
    'with half an interval': [
      { ...whole, random: { trials: 2, settings: { 'agent.gamma': { uniform: [0.9] } } } },
      'random.settings can\'t be {"agent.gamma":{"uniform":[0.9]}}. Give per setting one of { uniform: [low, high] }',
    ],
    'with a logarithm of zero': [
      { ...whole, random: { trials: 2, settings: { 'agent.alpha': { logUniform: [0, 1] } } } },
      "random.settings can't be",
    ],
    'that draws nothing': [
      { ...whole, random: { trials: 2 } },
      'random.trials is 2, and nothing is to be drawn',
    ],
    'that does not say how many to draw': [
      { ...whole, random: { settings: { 'agent.gamma': { choice: [0.9] } } } },
      "random doesn't say how many variants. Give random.trials.",
    ],
    'that has the seed among the settings': [
      { ...whole, settings: { seed: 3 } },
      "seed can't be among the settings of trials. Say it with seeds.",
    ],
    'with a name that is none': [
      { ...whole, list: [{ name: 3 }] },
      "the name of an entry of list can't be 3",
    ],
    'with an algorithm twice': [
      { ...whole, algorithms: ['sac', 'sac'] },
      'two trials are called Pendulum-v1/sac/seed-0',
    ],
    'with one trial under two names': [
      { ...whole, list: [{ name: 'a' }, { name: 'b', agent: { gamma: 0.98 } }, { name: 'c' }] },
      'trials Pendulum-v1/sac/a/seed-0 and Pendulum-v1/sac/c/seed-0 are the same, settings and seed',
    ],
    'with an unknown setting of train': [
      { ...whole, grid: { 'agent.learningrate': [1] } },
      'trial Pendulum-v1/sac/learningrate-1/seed-0: unknown setting agent.learningrate. Did you mean agent.qLearningRate or agent.policyLearningRate or agent.temperatureLearningRate? No trial was started.',
    ],
    'with a setting of another algorithm': [
      { ...whole, settings: { agent: { couplings: 2 } } },
      'agent.couplings is a setting of meow, not of sac',
    ],
    'with a setting of another algorithm where its own has another name': [
      { ...whole, algorithms: ['td3'], settings: { agent: { learningRate: 1e-3 } } },
      'agent.learningRate is a setting of meow, sql, ppo, not of td3. td3 has agent.policyLearningRate, agent.qLearningRate. Leave it out, or train with --algo meow. No trial',
    ],
    'with a setting of the wrong type': [
      { ...whole, settings: { steps: 'many' } },
      'trial Pendulum-v1/sac/seed-0: steps can\'t be "many". Give a positive integer (environment steps to train for). No trial was started.',
    ],
    'with settings that contradict each other': [
      { ...whole, settings: { steps: 50, warmup: 100 } },
      'trial Pendulum-v1/sac/seed-0: warmup 100 leaves nothing to learn in 50 steps. Give more than 100 steps. No trial was started.',
    ],
    'with an algorithm that there is not': [
      { ...whole, algorithms: ['sca'] },
      'there is no algorithm sca. Did you mean sac',
    ],
    'with an environment that there is not': [
      { ...whole, environments: ['Pendulum'] },
      'there is no environment Pendulum. Did you mean Pendulum-v1',
    ],
    'that has the app on the nodes and brings it': [
      { ...whole, ray: { app: '/app', upload: 'app' } },
      'ray.app says that the app is on the nodes, and ray.upload brings it there. Give one of them.',
    ],
  };
  it.each(Object.entries(cases))('%s', async (_, [sweep, message]) => {
    expect(await refusal(sweep)).toContain(message);
  });

  it('with an engine that is missing here, but not where it runs elsewhere', async () => {
    const sweep = parseSweep({ ...whole, settings: { engine: 'tfjs-cpu', threads: 2 } }, 'sweep', 'out');
    await expect(planSweep(sweep, 'local')).rejects.toThrow(
      "trial Pendulum-v1/sac/seed-0: the engine tfjs-cpu can't be used: tfjs-cpu computes on one thread, and 2 were asked for",
    );
    expect(await planSweep(sweep, 'ray')).toHaveLength(1);
  });

  it('with other settings than its trials were begun with, but for what may change', async () => {
    const folder = await temporaryFolder();
    const settings = { ...QUICK_TRIAL, steps: 150, warmup: 100, noTensorboard: true };
    const write = (changes: object, agent: object = {}) =>
      writeSweep(folder, {
        ...whole,
        out: `${folder}/out`,
        settings: { ...settings, ...changes, agent: { ...settings.agent, ...agent } },
      });
    expect((await bench('sweep', await write({}), '--quiet')).code).toBe(0);
    const { code, err } = await bench('sweep', await write({}, { gamma: 0.5 }));
    expect(err).toContain("Pendulum-v1/sac/seed-0: gamma can't change on resume");
    expect(err).toContain('No trial was started.');
    expect(code).toBe(2);
    const longer = await bench('sweep', await write({ steps: 200 }), '--json');
    expect(JSON.parse(longer.out).trials).toMatchObject([{ phase: 'finished', attempts: 1, step: 200 }]);
  }, 300_000);

  it('with a trial that takes more cores than there are', async () => {
    const folder = await temporaryFolder();
    const file = await writeSweep(folder, { ...whole, cores: 3, out: `${folder}/out` });
    const { code, err } = await bench('sweep', file, '--cores', '2');
    expect(err).toContain(
      'trial Pendulum-v1/sac/seed-0: it takes 3 cores, and there are 2. Give it fewer threads, or the sweep more cores with --cores.',
    );
    expect(code).toBe(2);
  });
});

it('a sweep of one line per key is read from YAML', async () => {
  const { groups, out, source } = await readSweep(
    new URL('../../sweeps/results.yaml', import.meta.url).pathname,
    'runs/results',
  );
  expect(source).toMatch(/results\.yaml$/);
  expect(out).toBe('runs/results');
  const trials = await planSweep(
    { source, out, groups, ray: { node: 'node', environmentVariables: {} } },
    'local',
  );
  // 2·5·3 + 3·3·2 + 2·3·3 + 2·3 + 2·3·2 + 2·3
  expect(trials).toHaveLength(90);
  expect(trials.filter(({ steps }) => steps === 1_000_000)).toHaveLength(6);
});
