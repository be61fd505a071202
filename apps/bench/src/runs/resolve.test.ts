import { expect, it } from 'vitest';

import { resolveTrain } from './resolve.ts';
import { parseTrainSettings } from './train-settings.ts';

it.each([
  [{}, 100],
  [{ numEnvs: 128 }, 12_800],
  [{ numEnvs: 128, logEvery: 7 }, 7],
])(
  'a line of the log comes after a hundred steps of each environment, unless it is said: %j',
  async (given, expected) => {
    const settings = await resolveTrain(parseTrainSettings({ env: 'Pendulum-v1', ...given }, 'the test'));
    expect(settings.logEvery).toBe(expected);
  },
);
