import { onnxRuntimeFused } from '@meow-rl/onnxruntime-fused';

import { createMeowAgent } from '../index.ts';
import type { LearnerFactory } from '../index.ts';
import { threadedLearner } from '../learner/threaded-learner.ts';
import { randomBatch } from './random-batch.ts';
import { SMALL } from './small-model.ts';

/*
 * A process whose second learner thread ends in its second update, and that prints what the update says of it. Nothing but the
 * update keeps the process alive.
 */

const sizes = { observationSize: 3, actionSize: 2 };
let draws = 0;
const learner: LearnerFactory = (setup) => {
  const fillIntegers = (out: Int32Array, end: number) => {
    draws += 1;
    // A window behind the end of the mask bank.
    if (draws === 4) out.fill(2 ** 30);
    else setup.dropoutOffsets.fillIntegers(out, end);
  };
  return threadedLearner({ threads: 2 })({
    ...setup,
    dropoutOffsets: { ...setup.dropoutOffsets, fillIntegers },
  });
};
const agent = await createMeowAgent({
  runtime: onnxRuntimeFused(),
  ...sizes,
  learner,
  config: { ...SMALL, dropout: 0.25 },
});
const batch = randomBatch(1, agent.config.batchSize, sizes);
await agent.update(batch);
try {
  await agent.update(batch);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
await agent.dispose();
