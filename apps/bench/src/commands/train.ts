import { DEFAULT_ALGORITHM } from '../algorithms/index.ts';
import { defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { flagOf } from '../cli/flags.ts';
import * as is from '../cli/settings.ts';
import { RESUMABLE, trainSettings } from '../runs/train-settings.ts';

/** Trains an agent, or goes on with a run. */
export const train = defineCommand({
  name: 'train',
  summary: 'train an agent',
  description:
    'Train an agent. Settings come from the preset of the environment, over it the file given with --config, over ' +
    'that the flags. The resolved settings are kept in config.json, which --config accepts again. ' +
    'With --algo, help shows the settings of that algorithm.',
  arguments: {},
  settings: trainSettings,
  options: is.defineSettings({
    config: is.word(
      'JSON or YAML file with settings, named as the flags but in camelCase, the agent\'s below "agent"',
      { placeholder: 'file' },
    ),
    force: is.toggle('replace the run that the folder holds'),
    resume: is.word(
      'go on with the run in a folder, to the bits that it would have had, or with more --steps, to those of a run begun with as many',
      { placeholder: 'run', expected: 'the folder that "meow-bench train" wrote' },
    ),
    from: is.wholeNumber('with --resume: from this checkpoint instead of the newest', {
      placeholder: 'step',
      expected: 'the step of a checkpoint',
    }),
    newLog: is.toggle('with --resume: begin the logs anew, where those of the steps before are lost'),
  }),
  examples: [
    'meow-bench train --env MultiGoal-v0 --seed 1 --out runs/try',
    `meow-bench train --algo ${DEFAULT_ALGORITHM} --help`,
    'meow-bench train --config settings.yaml --learning-rate 3e-4 --hidden 64,64',
    'meow-bench train --config runs/try/config.json --seed 2 --out runs/again',
    'meow-bench train --env ./my-env.ts#makeEnv --max-steps 200',
    'meow-bench train --resume runs/try',
    'meow-bench train --resume runs/try --steps 12000',
  ],
  notes: `With --resume, flags and --config may change what leaves the numbers of the training alone:\n  ${RESUMABLE.map((name) => flagOf({ path: [name] })).join(' ')}\nAny other setting is fine only with the value that the run has.`,
  base: async ({ resume }) => {
    if (resume === undefined) return {};
    const { readRunConfig } = await import('../runs/run-folder.ts');
    const { algo } = await readRunConfig(resume);
    return algo === undefined ? {} : { algo };
  },
  run: async ({ settings, given, options: { force, resume, from, newLog }, ui }) => {
    if (resume === undefined) {
      if (from !== undefined)
        throw new UsageError('--from goes with --resume', 'Name the run with --resume.');
      if (newLog) throw new UsageError('--new-log goes with --resume', 'Name the run with --resume.');
      const { train } = await import('../runs/train.ts');
      return train(settings, { force }, ui);
    }
    if (force)
      throw new UsageError(
        '--resume goes on with a run, which --force replaces',
        'Give one of them: --force goes with --out.',
      );
    const { resumeTraining } = await import('../runs/resume.ts');
    return resumeTraining(resume, { from, newLog, given }, ui);
  },
});
