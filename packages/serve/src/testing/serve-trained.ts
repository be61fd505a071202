import { openPolicy, openSampledPolicy, policyFiles, type Policy } from '@meow-rl/export';
import { metadata, trainedAgent } from '@meow-rl/export/testing';
import * as ort from 'onnxruntime-node';
import { onTestFinished } from 'vitest';

import { servePolicy, type ServeOptions } from '../policy-server.ts';

/** A small agent that was trained a little, and the policies that it exports. */
export async function trainedPolicies() {
  const agent = await trainedAgent();
  const files = policyFiles(agent.deployment(), metadata);
  const none = new Uint8Array();
  const policy = await openPolicy(files.policy ?? none, ort);
  return {
    agent,
    policy,
    sampled: (seed: number): Promise<Policy> => openSampledPolicy(files.stochastic ?? none, ort, seed),
    dispose: () => Promise.all([agent.dispose(), policy.dispose()]),
  };
}

/** A server on a free port that ends with the test. */
export async function serve(options: ServeOptions) {
  const server = await servePolicy({ port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
}
