import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  out: is.word('HTML file; the recordings go beside it', {
    placeholder: 'file',
    absent: '<run>/replay.html',
  }),
  episodes: is.positiveInteger('episodes to play', { default: 1 }),
  stochastic: is.toggle('sample actions instead of taking the most likely one'),
  seed: is.wholeNumber('seed of the starts and, with --random, of the actions', { default: 0 }),
  random: is.toggle('act at random instead of with a policy'),
  env: is.word('environment to play in, or a module that makes it: ./my-env.ts#makeEnv', {
    absent: 'that of the policy',
  }),
  maxSteps: is.positiveInteger('steps after which an episode is truncated', { absent: 'as in training' }),
  threads: is.positiveInteger('threads of the runtime', { default: 1 }),
});

/** Settings of a replay page. */
export type RenderConfig = ValuesOf<typeof settings>;

/** Draws episodes of a MuJoCo task. */
export const render = defineCommand({
  name: 'render',
  summary: 'draw episodes of a MuJoCo task in 3D',
  description:
    'Play episodes of a MuJoCo task with the policy of a run, with an exported policy.onnx or at random. Write each ' +
    'as a compact recording (.qpos) and all of them as one HTML file, which replays them in any browser.',
  arguments: { '[run]': 'folder of a run, or a policy.onnx' },
  settings,
  options: {},
  examples: [
    'meow-bench render runs/try --out replay.html',
    'meow-bench render runs/cheetah/policy/policy.onnx --out cheetah.html --episodes 3',
    'meow-bench render --random --env Hopper-v5',
  ],
  run: async ({ arguments: [source], settings: config, ui }) => {
    const { render } = await import('../policies/render.ts');
    await render(source, config, ui);
  },
});
