import { loadPolicy } from '@meow-rl/export/node';
import type { Agent } from '@meow-rl/train';

import { checkEnvironment, spacesOf } from './environments.ts';
import { policyAgent } from './policy-agent.ts';
import { openRun } from './saved-run.ts';

/** A trained policy, from a run's folder or an exported file. */
export interface Candidate {
  readonly agent: Agent;
  readonly environment: string;
  /** Environment steps that it was trained for. */
  readonly step: number;
}

/**
 * Opens what a command was given to play with. The caller disposes of the agent.
 *
 * @param source folder of a run, or an exported policy.onnx
 * @throws UsageError if it is neither
 */
export async function openCandidate(
  source: string,
  { threads, checkpoint }: { readonly threads: number; readonly checkpoint?: string },
): Promise<Candidate> {
  if (!source.endsWith('.onnx')) {
    const { agent, settings, step } = await openRun(source, {
      threads,
      ...(checkpoint !== undefined && { checkpoint }),
    });
    return { agent: agent.agent, environment: settings.env, step };
  }
  const policy = await loadPolicy(source);
  const { environment, trainingSteps } = policy.metadata;
  await checkEnvironment(environment);
  const agent = policyAgent(policy, { id: environment, ...(await spacesOf(environment)) });
  return { agent, environment, step: trainingSteps };
}
