import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { describeUpdates } from '@meow-rl/learner/testing';

import { sac } from './sac.ts';

describeUpdates(sac, {
  // What engines do differently is seen with other definitions.
  engines: [['onnxruntime-node', onnxRuntimeNode]],
  config: { hidden: [6, 5], shifts: 2, shiftHidden: [4], batchSize: 8 },
  overflow: { moment: 'critics/adam/m/', term: "the norm of the critics' new parameters" },
});
