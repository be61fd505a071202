import { commandLine } from '../cli/command-line.ts';
import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';
import { CONTESTANTS, USUAL_CONTESTANTS } from '../race/contestants.ts';

const settings = is.defineSettings({
  env: is.word('task that both this project and Gymnasium have', { default: 'HalfCheetah-v5' }),
  contestants: is.words(`who trains: ${CONTESTANTS.join(', ')}`, 'a,b', { default: USUAL_CONTESTANTS }),
  steps: is.positiveInteger('environment steps of each', { default: 20_000 }),
  warmup: is.positiveInteger('of those, steps with random actions before the first update', {
    default: 5000,
  }),
  seeds: is.positiveInteger('runs of each contestant, with seeds 0, 1, …', { default: 1 }),
  evaluateEvery: is.positiveInteger('steps between evaluations', { default: 1000 }),
  evaluationEpisodes: is.positiveInteger('episodes of each, with deterministic actions', { default: 5 }),
  threads: is.positiveInteger('threads of each contestant', { default: 1 }),
  cores: is.positiveInteger('cores that contestants share, of which each takes as many as it has threads', {
    absent: 'as many as threads: one after the other',
  }),
  returns: is.positiveNumbers('returns to say of when they were reached', {
    absent: 'a quarter, half and three quarters of the way to the highest',
  }),
  out: is.word('folder of the race', { placeholder: 'folder', absent: 'runs/race/<environment>' }),
});

/** Settings of a race. */
export type RaceConfig = ValuesOf<typeof settings>;

/** Trains algorithms of this project and of others on one task, and says how far each comes in which time. */
export const race = defineCommand({
  name: 'race',
  summary: 'train algorithms beside those of other libraries, over steps and seconds',
  description:
    'Train contestants on one task on this machine, each with its own defaults but with the same steps, warm-up, batch of 256, one update ' +
    'a step and, but for MEow, two layers of 256, and evaluate all alike: MEow, SAC and TD3 of this project, SAC and TD3 as CleanRL writes them and MEow as its authors do in ' +
    'PyTorch, and those of Stable-Baselines3 and sbx, which npm run peers:setup installs. Seconds are those of the training loop without ' +
    'evaluations; compiling in it counts. The folder gets a report, curves.csv, figures and the runs. Contestants that are finished are not ' +
    'run again: the same command goes on with a race that was stopped, and one with more contestants or seeds adds to it.',
  arguments: {},
  settings,
  options: {},
  examples: [
    'meow-bench race --env HalfCheetah-v5 --steps 20000 --out race',
    'meow-bench race --contestants meow,authors-meow --threads 2 --seeds 3',
    'meow-bench race --contestants sac,sb3-sac,sbx-sac --returns 1000,3000',
  ],
  run: async ({ settings: config, given, ui }) => {
    const { race } = await import('../race/race.ts');
    await race({ ...config, command: commandLine(['race'], given) }, ui);
  },
});
