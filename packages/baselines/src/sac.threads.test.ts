import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { describeUpdates, PLACES } from '@meow-rl/learner/testing';

import { sac } from './sac.ts';

describeUpdates(sac, {
  // What engines and places do differently is seen with other definitions.
  engines: [['onnxruntime-node', onnxRuntimeNode]],
  places: PLACES.slice(0, 1),
  config: { hidden: [6, 5], shifts: 2, shiftHidden: [4], batchSize: 8 },
  overflow: { moment: 'critics/adam/m/', term: "the norm of the critics' new parameters" },
});
