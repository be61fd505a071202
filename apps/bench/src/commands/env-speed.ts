import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  envs: is.words('MuJoCo tasks to measure, modules of your own among them, or all', 'id,id', {
    default: ['all'],
  }),
  seconds: is.positiveNumber('length of a round', { default: 0.5 }),
  rounds: is.positiveInteger('rounds, of which the median counts', { default: 5 }),
  numEnvs: is.positiveInteger('environments that are stepped together over workers', { default: 16 }),
  workers: is.positiveInteger('worker threads to spread them over', { absent: 'one per core' }),
  python: is.word('Python with gymnasium[mujoco], to measure that too', {
    placeholder: 'file',
    absent: "the peers' environment if installed, else python3",
  }),
});

/** Settings of the measurement of environments. */
export type EnvSpeedConfig = ValuesOf<typeof settings>;

/** Times the MuJoCo environments. */
export const envSpeed = defineCommand({
  name: 'env-speed',
  summary: 'time the MuJoCo environments',
  description:
    'Count the steps per second of MuJoCo tasks under random actions: of the environment and of bare MuJoCo in one ' +
    'thread, of vector environments over worker threads, and of Gymnasium where Python has it.',
  arguments: {},
  settings,
  options: {},
  examples: ['meow-bench env-speed', 'meow-bench env-speed --envs HalfCheetah-v5,Ant-v5 --json'],
  run: async ({ settings: config, ui }) => {
    const { envSpeed } = await import('../env-speed/env-speed.ts');
    await envSpeed(config, ui);
  },
});
