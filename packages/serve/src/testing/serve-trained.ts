import { loadPolicy, policyFiles, type Policy } from '@meow-rl/export';
import { metadata, trainedAgent } from '@meow-rl/export/testing';
import { onTestFinished } from 'vitest';

import { servePolicy, type ServeOptions } from '../policy-server.ts';

/** A small agent that was trained a little, and the policies that it exports. */
export async function trainedPolicies() {
  const agent = await trainedAgent();
  const files = policyFiles(agent.deployment(), metadata);
  const none = new Uint8Array();
  const policy = await loadPolicy(files.policy ?? none);
  return {
    agent,
    policy,
    sampled: async (seed: number): Promise<Policy> => {
      const stochastic = await loadPolicy({ stochastic: files.stochastic ?? none }, { seed });
      return { ...stochastic, act: stochastic.sample };
    },
    dispose: () => Promise.all([agent.dispose(), policy.dispose()]),
  };
}

/** A server on a free port that ends with the test. */
export async function serve(options: ServeOptions) {
  const server = await servePolicy({ port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
}
