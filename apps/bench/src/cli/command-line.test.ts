import { expect, it } from 'vitest';

import { commandLine } from './command-line.ts';

it('writes settings as flags, by their last name', () => {
  const settings = { algo: 'meow', noTensorboard: true, normalizeObservations: false };
  expect(commandLine(['train'], { ...settings, agent: { hidden: [64, 64], tau: 0.005 } })).toBe(
    'meow-bench train --algo meow --no-tensorboard --normalize-observations false --hidden 64,64 --tau 0.005',
  );
});

it('quotes what a shell would take apart', () => {
  expect(commandLine(['compare', 'my runs', "it's"], { until: undefined, out: '$HOME' })).toBe(
    String.raw`meow-bench compare 'my runs' 'it'\''s' --out '$HOME'`,
  );
});
