import { loadPolicy } from '@meow-rl/export/node';
import { evaluate as playEpisodes } from '@meow-rl/train';
import type { Agent } from '@meow-rl/train';

import type { EvalConfig } from '../config.ts';
import { checkEnvironment, makeAgentEnv, spacesOf } from '../environments.ts';
import { policyAgent } from '../policy-agent.ts';
import { openRun } from '../saved-run.ts';
import { formatPairs, formatTable } from '../table.ts';
import type { Ui } from '../ui.ts';

/** What is evaluated, from a run's folder or an exported file. */
interface Candidate {
  readonly agent: Agent;
  readonly environment: string;
  /** Environment steps that it was trained for. */
  readonly step: number;
}

async function openCandidate(source: string, threads: number): Promise<Candidate> {
  if (!source.endsWith('.onnx')) {
    const { agent, settings, step } = await openRun(source, { threads });
    return { agent, environment: settings.env, step };
  }
  const policy = await loadPolicy(source);
  const { environment, trainingSteps } = policy.metadata;
  await checkEnvironment(environment);
  const agent = policyAgent(policy, { id: environment, ...(await spacesOf(environment)) });
  return { agent, environment, step: trainingSteps };
}

/** Plays episodes with the policy of a run, or with an exported one, and reports their returns. */
export async function evaluate(source: string, config: EvalConfig, ui: Ui): Promise<void> {
  const { episodes, stochastic, seed, threads } = config;
  const { agent, environment, step } = await openCandidate(source, threads);
  const env = await makeAgentEnv(environment);
  try {
    const result = await playEpisodes({ agent, env, episodes, deterministic: !stochastic, seed });
    const { returns, lengths, mean, standardDeviation } = result;
    const policy = stochastic ? 'sampled' : 'deterministic';
    ui.result(
      { run: source, environment, step, policy, episodes, seed, ...result },
      [
        formatTable(
          ['episode', 'return', 'length'],
          returns.map((value, i) => [i + 1, value.toFixed(2), lengths[i] ?? 0]),
        ),
        '',
        formatPairs({
          environment,
          'trained for': `${step} steps`,
          actions: policy,
          'mean return': `${mean.toFixed(2)} ± ${standardDeviation.toFixed(2)} (standard deviation of ${episodes} episodes)`,
        }),
      ].join('\n'),
    );
  } finally {
    env.close();
    await agent.dispose();
  }
}
