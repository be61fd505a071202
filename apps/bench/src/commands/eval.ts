import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  checkpoint: is.word('checkpoint of the run: last, best, or its step', { default: 'last' }),
  episodes: is.positiveInteger('episodes to play', { default: 10 }),
  stochastic: is.toggle('sample actions instead of taking the most likely one'),
  seed: is.wholeNumber('seed of the starts and, with --stochastic, of the actions', { default: 0 }),
  observationNoise: is.nonNegativeNumber(
    'standard deviation of normal noise on what the policy observes, in the units of observations',
    { default: 0 },
  ),
  actionNoise: is.nonNegativeNumber(
    'standard deviation of normal noise on its actions, as a share of half their range',
    { default: 0 },
  ),
  env: is.word('environment to play in, or a module that makes it: ./my-env.ts#makeEnv', {
    absent: 'that of the policy',
  }),
  maxSteps: is.positiveInteger('steps after which an episode is truncated', { absent: 'as in training' }),
  python: is.word('Python that has the simulator', { placeholder: 'file', absent: 'as in training' }),
  actionBound: is.positiveNumber('actions of a simulator in Python that has no bounds lie in [-x, x]', {
    absent: 'as in training',
  }),
  simulatorDevice: is.word('device of Isaac Lab: cpu, cuda:0', { absent: 'as in training' }),
  threads: is.positiveInteger('threads of the runtime', { default: 1 }),
  parallel: is.oneOf(['auto', 'off'], 'auto steps the environments in several threads where that is faster', {
    default: 'auto',
  }),
});

/** Settings of an evaluation. */
export type EvalConfig = ValuesOf<typeof settings>;

/** Plays episodes with a trained policy. */
export const evaluate = defineCommand({
  name: 'eval',
  summary: 'play episodes with a trained policy',
  description:
    'Play episodes with the policy of a run, or with an exported policy.onnx, and report their returns and how they ended. The ' +
    'standard deviation is that of these episodes, divided by n.',
  arguments: { '<run>': 'folder of a run, or a policy.onnx' },
  settings,
  options: {},
  examples: [
    'meow-bench eval runs/try --episodes 20 --stochastic',
    'meow-bench eval runs/try --checkpoint best --json',
    'meow-bench eval runs/try --observation-noise 0.05 --action-noise 0.1',
    'meow-bench eval runs/try/policy/policy.onnx',
    'meow-bench eval policy.onnx --env ./my-env.ts#makeEnv',
  ],
  run: async ({ arguments: [source = ''], settings: config, ui }) => {
    const { evaluate } = await import('../policies/evaluate.ts');
    await evaluate(source, config, ui);
  },
});
