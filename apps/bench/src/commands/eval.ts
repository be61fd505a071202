import { evaluate as playEpisodes } from '@meow-rl/train';

import { openCandidate } from '../candidate.ts';
import type { EvalConfig } from '../config.ts';
import { makeAgentEnv } from '../environments.ts';
import { formatPairs, formatTable } from '../table.ts';
import type { Ui } from '../ui.ts';

/** Plays episodes with the policy of a run, or with an exported one, and reports their returns. */
export async function evaluate(source: string, config: EvalConfig, ui: Ui): Promise<void> {
  const { episodes, stochastic, seed, threads, checkpoint } = config;
  const { agent, environment, step } = await openCandidate(source, { threads, checkpoint });
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
