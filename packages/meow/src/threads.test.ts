import { describeUpdates } from '@meow-rl/learner/testing';

import { meow } from './meow.ts';
import { SMALL } from './testing/small.ts';

describeUpdates(meow, {
  config: SMALL,
  perThread: { dropout: 0.25 },
  overflow: { moment: 'ebflow/adam/m/', term: 'the norm of the new parameters' },
});
