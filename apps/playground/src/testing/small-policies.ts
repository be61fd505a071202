import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Env } from '@meow-rl/envs';
import { POLICY_FILES, policyFiles, PRECISIONS } from '@meow-rl/export';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { randomBatch } from '@meow-rl/learner/testing';
import { createMeowAgent } from '@meow-rl/meow';

/** Writes the policies of a small agent, trained for a few updates, as the page reads them, and `policy-<precision>.onnx`. */
export async function writeSmallPolicies(folder: string, env: Env): Promise<void> {
  const { id, observationSpace, actionSpace } = env;
  const sizes = { observationSize: observationSpace.size, actionSize: actionSpace.size };
  const agent = await createMeowAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: 7,
    config: { hidden: [32, 32], shiftHidden: [32, 32], batchSize: 32 },
  });
  for (let update = 0; update < 10; update++) await agent.update(randomBatch(update, 32, sizes));
  const about = { algorithm: 'meow', environment: id, observationSpace, actionSpace };
  const metadata = { ...about, trainingSteps: 10, versions: {} };
  const deployment = agent.deployment();
  await agent.dispose();
  await mkdir(folder, { recursive: true });
  const files = policyFiles(deployment, metadata);
  for (const kind of ['policy', 'stochastic'] as const)
    await writeFile(path.join(folder, POLICY_FILES[kind]), files[kind] ?? new Uint8Array());
  for (const precision of PRECISIONS) {
    const { policy = new Uint8Array() } = policyFiles(deployment, metadata, precision);
    await writeFile(path.join(folder, `policy-${precision}.onnx`), policy);
  }
}
