import { describeUpdates, ENGINES } from '@meow-rl/learner/testing';
import { describe } from 'vitest';

import { meow } from './meow.ts';
import { SMALL } from './testing/small.ts';

describeUpdates(meow, {
  config: SMALL,
  perThread: { dropout: 0.25 },
  overflow: { moment: 'ebflow/adam/m/', term: 'the norm of the new parameters' },
});

describe('with layers that bend and a tuned temperature', () => {
  describeUpdates(meow, {
    engines: ENGINES.slice(-1),
    config: {
      ...SMALL,
      layers: 'spline',
      linear: 'lu',
      deterministic: 'best-of-k',
      candidates: 3,
      tuneTemperature: true,
    },
    perThread: { dropout: 0.25 },
    overflow: { moment: 'ebflow/adam/m/', term: "the norm of the ebflow's new parameters" },
  });
});
