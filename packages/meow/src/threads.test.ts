import { describeUpdates, ENGINES, PLACES } from '@meow-rl/learner/testing';
import { describe } from 'vitest';

import { meow } from './meow.ts';
import { SMALL } from './testing/small.ts';

describeUpdates(meow, {
  // What they do differently is seen with other definitions.
  places: PLACES.slice(0, 1),
  config: SMALL,
  perThread: { dropout: 0.25 },
  overflow: { moment: 'ebflow/adam/m/', term: 'the norm of the new parameters' },
});

describe('with layers that bend and a tuned temperature', () => {
  describeUpdates(meow, {
    engines: ENGINES.slice(-1),
    places: PLACES.slice(0, 1),
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
