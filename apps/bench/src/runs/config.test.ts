import { resolveMeowConfig } from '@meow-rl/meow';
import { expect, it } from 'vitest';

import { agentSchema } from './config.ts';
import { settingsOf } from '../cli/settings.ts';

/** Values of all kinds around the bounds of the settings. */
const values: readonly unknown[] = [
  [-1e300, -1000, -20, -5, -1, -1e-300, 0, 1e-300, 1e-40, 1e-10, 1e-8, 1e-7, 0.5, 0.9999999, 0.99999999],
  [1, 1.5, 2, 8, 20, 1e10, 1e38, 1e39, 1e300, Number.NaN, Infinity, '1', null, true],
  [[], [8], [8, 0], [1.5], [1e300], ['8'], [[8]]],
].flat();

/** Whether the agent takes a setting, without regard to the others. */
function agentTakes(name: string, value: unknown): boolean {
  try {
    resolveMeowConfig({ [name]: value });
    return true;
  } catch (error) {
    return String(error).includes('must be less than');
  }
}

it.each(settingsOf(agentSchema).map(({ path, schema }) => [path.join('.'), schema] as const))(
  'flags and files take the same values of %s as the agent',
  (name, schema) => {
    const taken = values.filter((value) => schema.safeParse(value).success);
    expect(taken).toEqual(values.filter((value) => agentTakes(name, value)));
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.length).toBeLessThan(values.length - 5);
  },
);
