import { evaluate as playEpisodes } from '@meow-rl/train';

import type { EvalConfig } from '../config.ts';
import { openRun } from '../saved-run.ts';
import { formatPairs, formatTable } from '../table.ts';
import { makeAgentEnv } from '../training.ts';
import type { Ui } from '../ui.ts';

/** Plays episodes with the policy of a run and reports their returns. */
export async function evaluate(run: string, config: EvalConfig, ui: Ui): Promise<void> {
  const { episodes, stochastic, seed, threads } = config;
  const { settings, agent, step } = await openRun(run, { threads });
  const env = makeAgentEnv(settings.env);
  try {
    const result = await playEpisodes({ agent, env, episodes, deterministic: !stochastic, seed });
    const { returns, lengths, mean, standardDeviation } = result;
    const policy = stochastic ? 'sampled' : 'deterministic';
    ui.result(
      { run, environment: settings.env, step, policy, episodes, seed, ...result },
      [
        formatTable(
          ['episode', 'return', 'length'],
          returns.map((value, i) => [i + 1, value.toFixed(2), lengths[i] ?? 0]),
        ),
        '',
        formatPairs({
          environment: settings.env,
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
