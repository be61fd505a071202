import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { describeUpdates, PLACES } from '@meow-rl/learner/testing';

import { td3 } from './td3.ts';

describeUpdates(td3, {
  // What engines and places do differently is seen with other definitions.
  engines: [['onnxruntime-node', onnxRuntimeNode]],
  places: PLACES.slice(0, 1),
  config: { hidden: [6, 5], batchSize: 8 },
  overflow: { moment: 'critics/adam/m/', term: "the norm of the critics' new parameters" },
});
