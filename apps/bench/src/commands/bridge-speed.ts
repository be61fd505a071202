import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  env: is.word('simulator in Python: gym:Ant-v5, gym-vector:Ant-v5, envpool:Ant-v5, isaac:Isaac-Ant-Direct', {
    default: 'gym-vector:Ant-v5',
  }),
  numEnvs: is.positiveInteger('environments stepped together', { default: 64 }),
  seconds: is.positiveNumber('length of a round', { default: 2 }),
  rounds: is.positiveInteger('rounds, of which the median counts', { default: 5 }),
  python: is.word('Python that has the simulator', {
    placeholder: 'file',
    absent: 'MEOW_PYTHON, .venv in the working directory, or python3',
  }),
});

/** Settings of the measurement of the bridge. */
export type BridgeSpeedConfig = ValuesOf<typeof settings>;

/** Times the bridge to Python. */
export const bridgeSpeed = defineCommand({
  name: 'bridge-speed',
  summary: 'time the bridge to simulators in Python',
  description:
    'Count the steps per second of a simulator through the bridge and in Python itself, in turns, under random actions; and the time of ' +
    'a round trip with as many environments of 60 observations and 8 actions that do nothing.',
  arguments: {},
  settings,
  options: {},
  examples: [
    'meow-bench bridge-speed',
    'meow-bench bridge-speed --env isaac:Isaac-Ant-Direct --num-envs 256 --json',
  ],
  run: async ({ settings: config, ui }) => {
    const { bridgeSpeed } = await import('../env-speed/bridge-speed.ts');
    await bridgeSpeed(config, ui);
  },
});
