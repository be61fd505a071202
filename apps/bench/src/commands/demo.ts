import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';
import { engineSetting, parallelSetting } from '../runs/train-settings.ts';

const settings = is.defineSettings({
  preset: is.word('named settings to train with', { default: 'multi-goal-demo' }),
  seed: is.wholeNumber('seed of everything random', { default: 0 }),
  steps: is.positiveInteger('environment steps to train for', is.fromPreset),
  out: is.word('folder of the report, the policies and the metrics', {
    placeholder: 'folder',
    default: 'runs/demo',
  }),
  rollouts: is.positiveInteger('episodes sampled from the trained policy', { default: 400 }),
  parallel: parallelSetting,
  threads: is.positiveInteger('threads of the runtime', { default: 1 }),
  engine: engineSetting,
});

/** Settings of the multi-goal demo. */
export type DemoConfig = ValuesOf<typeof settings>;

/** Trains MEow on the multi-goal task and draws the paper's Figure 1. */
export const demo = defineCommand({
  name: 'demo',
  summary: "train on the multi-goal task and draw the paper's Figure 1",
  description:
    "Train MEow on the multi-goal task, draw the paper's Figure 1 from the run (soft value with trajectories, error of the " +
    'soft value) and write report.html beside the exported policies. An earlier demo in the folder is replaced.',
  arguments: {},
  settings,
  options: is.defineSettings({
    config: is.word('JSON or YAML file with settings, named as the flags but in camelCase', {
      placeholder: 'file',
    }),
    force: is.toggle('replace the run that the folder holds, even if it is no demo'),
  }),
  examples: ['meow-bench demo', 'meow-bench demo --seed 3 --out runs/demo-3'],
  run: async ({ settings: config, options: { force }, ui }) => {
    const { demo } = await import('../demo/demo.ts');
    await demo(config, { force }, ui);
  },
});
