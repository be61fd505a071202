import { box } from '@meow-rl/envs';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import type { MeowAgent } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';
import { emptyBatch } from '@meow-rl/replay';

import type { PolicyMetadata } from '../index.ts';

/** Bounds that are neither symmetric nor equal, so that a forgotten conversion shows. */
export const actionSpace = box({ low: [-2, 0, 10], high: [2, 4, 11] });
export const observationSpace = box({ low: -Infinity, high: Infinity, shape: [5] });

export const metadata: PolicyMetadata = {
  algorithm: 'meow',
  environment: 'Test-v0',
  observationSpace,
  actionSpace,
  trainingSteps: 123,
  versions: { test: '1.2.3' },
};

/** A small agent after a few updates on random data, so that no parameter is at its start any more. */
export async function trainedAgent(
  sizes = { observationSize: observationSpace.size, actionSize: actionSpace.size },
): Promise<MeowAgent> {
  const agent = await createMeowAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: 3,
    config: { hidden: [16, 16], shiftHidden: [16, 16], batchSize: 32, logSigmaMax: 0 },
  });
  const random = createGenerator(1);
  const batch = emptyBatch(32, sizes);
  batch.discounts.fill(0.99);
  for (let update = 0; update < 20; update++) {
    random.fillNormal(batch.observations);
    random.fillUniform(batch.actions, -0.95, 0.95);
    random.fillNormal(batch.rewards);
    random.fillNormal(batch.nextObservations);
    await agent.update(batch);
  }
  return agent;
}

/** Random rows of standard normal numbers. */
export function normalRows(rows: number, size: number, seed: number): Float32Array {
  const values = new Float32Array(rows * size);
  createGenerator(seed).fillNormal(values);
  return values;
}
