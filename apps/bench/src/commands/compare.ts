import { commandLine } from '../cli/command-line.ts';
import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  out: is.word('folder to write report.html, learning curves and tables to', {
    placeholder: 'folder',
    absent: 'nothing is written',
  }),
  stochastic: is.toggle('compare returns with sampled actions instead of deterministic ones'),
  until: is.positiveInteger('evaluations after this step do not count', { absent: 'all count' }),
  last: is.positiveInteger('evaluations in the average at the end of a run', { default: 10 }),
  confidence: is.share('share that the intervals cover', { default: 0.95 }),
  resamples: is.positiveInteger(
    'bootstrap resamples behind an interval, where there are more different ones',
    { default: 20_000 },
  ),
  seed: is.wholeNumber('seed of the resampling, and of episodes with noise', { default: 0 }),
  smooth: is.positiveInteger('evaluations of a run that each point of a curve averages; 1 smooths nothing', {
    default: 1,
  }),
  observationNoise: is.positiveNumbers(
    'play the final policies with noise on observations, of these standard deviations in their units, for the report',
    { absent: 'not played' },
  ),
  actionNoise: is.positiveNumbers(
    'play the final policies with noise on actions, of these shares of half their range, for the report',
    { absent: 'not played' },
  ),
  noiseEpisodes: is.positiveInteger('episodes per policy and size of noise', { default: 5 }),
});

/** Settings of a comparison. */
export type CompareConfig = ValuesOf<typeof settings>;

/** Compares algorithms over the seeds of their runs. */
export const compare = defineCommand({
  name: 'compare',
  summary: 'compare runs over their seeds',
  description:
    'Group runs by environment, algorithm and settings, and report over their seeds: mean and sample standard deviation (divided by n − 1) of ' +
    "the final evaluation with the interval of Student's t, interquartile mean with a bootstrap interval, average of the last evaluations, and how " +
    'likely one algorithm beats another. Runs in progress count with what they have. With --out a report is written too: one ' +
    'HTML page with learning curves, performance profile, published returns, commands and settings.',
  arguments: { '<runs...>': 'folders of runs, folders that they lie in, or files curves.csv of reports' },
  settings,
  options: {},
  examples: [
    'meow-bench compare runs --out comparison',
    'meow-bench compare runs/HalfCheetah-v5 runs/Hopper-v5 --stochastic',
    'meow-bench compare runs --out comparison --observation-noise 0.05,0.2 --action-noise 0.1',
    'meow-bench compare runs/HalfCheetah-v5/meow --json',
    'meow-bench compare earlier/curves.csv runs/HalfCheetah-v5 --out comparison',
  ],
  run: async ({ arguments: runs, settings: config, given, ui }) => {
    const { checkResamples } = await import('../compare/resamples.ts');
    checkResamples(config);
    const { compare } = await import('../compare/compare.ts');
    await compare(runs, { ...config, command: commandLine(['compare', ...runs], given) }, ui);
  },
});
