import path from 'node:path';

import { defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import * as is from '../cli/settings.ts';

/** Runs the trials of a sweep. */
export const sweep = defineCommand({
  name: 'sweep',
  summary: 'train many runs: algorithms, environments, seeds and settings',
  description:
    'Train a run for each combination of algorithms, environments, seeds and settings that a file names. A trial that fails ' +
    'is tried again from its newest checkpoint and stops no other one. The same command goes on with a sweep that was ' +
    'stopped or killed: where a trial stands is read from its folder.',
  arguments: { '<file>': 'YAML or JSON file that describes the sweep, see docs/scaling.md' },
  settings: is.defineSettings({
    engine: is.oneOf(
      ['local', 'ray'],
      'where trials run: processes on this machine, or jobs on a Ray cluster',
      {
        default: 'local',
      },
    ),
    cores: is.positiveInteger('cores that trials share', { absent: 'all of the machine or cluster' }),
    retries: is.wholeNumber('further attempts at a trial that fails', { default: 2 }),
  }),
  options: is.defineSettings({
    dryRun: is.toggle('say what would be trained, and train nothing'),
    cancel: is.toggle('with --engine ray: stop the jobs of the sweep that a killed command left, saved'),
  }),
  examples: [
    'meow-bench sweep sweep.yaml',
    'meow-bench sweep sweep.yaml --dry-run',
    'meow-bench sweep sweep.yaml --cores 1 --json',
    'meow-bench sweep sweep.yaml --engine ray',
  ],
  notes:
    'Exit code 0 says that all trials are finished, 1 that some failed, 2 that nothing was started because the file has a mistake.',
  run: async ({ arguments: [file = ''], settings, options: { dryRun, cancel }, ui }) => {
    if (dryRun && cancel)
      throw new UsageError('--dry-run starts nothing, and --cancel stops what runs', 'Give one of them.');
    const { readSweep } = await import('../sweep/definition.ts');
    const definition = await readSweep(file, path.join('runs', path.basename(file, path.extname(file))));
    if (dryRun) {
      const { describeSweep } = await import('../sweep/describe-sweep.ts');
      return describeSweep(definition, settings.engine, ui);
    }
    if (cancel) {
      if (settings.engine !== 'ray')
        throw new UsageError('--cancel stops jobs of a Ray cluster', 'Give --engine ray with it.');
      const { cancelSweep } = await import('../sweep/ray-trials.ts');
      const stopped = await cancelSweep(definition);
      return ui.result({ stopped }, stopped.length === 0 ? 'No job runs.' : `Stopped: ${stopped.join(', ')}`);
    }
    const { sweepAndReport } = await import('../sweep/sweep-and-report.ts');
    return sweepAndReport(definition, settings, ui);
  },
});
