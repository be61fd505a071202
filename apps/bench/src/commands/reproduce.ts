import { commandLine } from '../cli/command-line.ts';
import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  budget: is.duration('time that all of it may take', { default: '8h' }),
  engine: is.oneOf(
    ['local', 'ray'],
    'where runs go: processes on this machine, or jobs on a Ray cluster, see docs/scaling.md',
    { default: 'local' },
  ),
  ray: is.word(
    'file that says how runs get onto the cluster, with the keys of ray in a sweep: address, app, upload, node',
    {
      placeholder: 'file',
      absent: 'RAY_API_SERVER_ADDRESS, and the program that is running',
    },
  ),
  cores: is.positiveInteger('runs that go on at one time', {
    absent: 'as many as this machine has cores; with --engine ray it has to be given',
  }),
  retries: is.wholeNumber('further attempts at a run that fails', { default: 2 }),
  environments: is.words('environments', 'names', { absent: 'those of the figure, as many as fit' }),
  algorithms: is.words('algorithms', 'names', { absent: 'all of the figure' }),
  seeds: is.positiveInteger('seeds of each algorithm', { absent: 'as many as fit, at most 5' }),
  steps: is.positiveInteger('environment steps of each run', {
    absent: "as many as fit, at most the paper's",
  }),
  out: is.word('folder of the runs and the report', {
    placeholder: 'folder',
    absent: 'runs/reproduce/<figure>',
  }),
  smooth: is.positiveInteger('evaluations of a run that each point of a curve averages; 1 smooths nothing', {
    default: 1,
  }),
  confidence: is.share('share that the intervals cover', { default: 0.95 }),
  resamples: is.positiveInteger(
    'bootstrap resamples behind an interval, where there are more different ones',
    { default: 20_000 },
  ),
  observationNoise: is.positiveNumbers(
    'noise on observations that final policies are played with, standard deviations in their units',
    { default: [0.05, 0.2] },
  ),
  actionNoise: is.positiveNumbers(
    'noise on actions that final policies are played with, shares of half their range',
    { default: [0.1, 0.3] },
  ),
  noiseEpisodes: is.positiveInteger('episodes per policy and size of noise', { default: 3 }),
  python: is.word('Python that has Isaac Lab, for fig3', {
    placeholder: 'file',
    absent: 'MEOW_PYTHON, .venv in the working directory, or python3',
  }),
  simulatorDevice: is.word('device of Isaac Lab: cpu, cuda:0', { absent: 'a GPU where there is one' }),
});

/** Settings of a reproduction. */
export type ReproduceConfig = ValuesOf<typeof settings>;

/** Reproduces a figure of the paper. */
export const reproduce = defineCommand({
  name: 'reproduce',
  summary: 'reproduce a figure of the paper within a budget of time, with a report',
  description:
    "Train what a figure of the MEow paper shows and write report.html: the figure in the paper's layout, statistics over seeds, published " +
    'returns, robustness, times, commands. fig1 is the multi-goal environment, fig2 MuJoCo with six algorithms, fig3 Isaac, ablations those of ' +
    'reward shifting, couplings and SAC. It measures first, says what it will run and how long that takes, and fits environments, seeds ' +
    'and steps into the budget. The same command goes on where it was stopped.',
  arguments: { '<figure>': 'fig1, fig2, fig3 or ablations' },
  settings,
  options: is.defineSettings({
    dryRun: is.toggle('measure and say what would be run, and run nothing'),
  }),
  examples: [
    'meow-bench reproduce fig1 --budget 10m',
    'meow-bench reproduce fig2 --budget 20m',
    'meow-bench reproduce fig2 --budget 8h --dry-run',
    'meow-bench reproduce fig2 --environments Hopper-v5 --seeds 3 --steps 100000 --budget 12h',
    'meow-bench reproduce fig3 --python ~/isaac/python --budget 8h',
    'meow-bench reproduce ablations --engine ray --cores 64 --ray ray.yaml',
  ],
  run: async ({ arguments: [figure = ''], settings: config, options: { dryRun }, given, ui }) => {
    const { checkResamples } = await import('../compare/resamples.ts');
    checkResamples(config);
    const { reproduce } = await import('../reproduce/reproduce.ts');
    await reproduce(figure, { ...config, dryRun, command: commandLine(['reproduce', figure], given) }, ui);
  },
});
