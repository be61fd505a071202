import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { describeUpdates, PLACES } from '@meow-rl/learner/testing';

import { sql } from './sql.ts';

describeUpdates(sql, {
  // What engines and places do differently is seen with other definitions.
  engines: [['onnxruntime-node', onnxRuntimeNode]],
  places: PLACES.slice(0, 1),
  config: {
    hidden: [6, 5],
    batchSize: 8,
    valueParticles: 3,
    fixedParticles: 3,
    updatedParticles: 2,
    candidates: 3,
  },
  overflow: { moment: 'sampler/adam/m/', term: "the norm of the sampler's new parameters" },
});
