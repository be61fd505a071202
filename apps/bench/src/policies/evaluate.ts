import { counted } from '../cli/counted.ts';
import { evaluate as playEpisodes } from '@meow-rl/train';

import { openPolicy } from './loaded-policy.ts';
import { noisyActor } from './noisy-actor.ts';
import type { EvalConfig } from '../commands/eval.ts';
import { endingsOf, formatReturn, formatEndings } from './episodes.ts';
import { makePlayground } from '../environments/evaluation-environments.ts';
import { formatPairs, formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';

/** Plays episodes with the policy of a run, or with an exported one, and reports their returns. */
export async function evaluate(source: string, config: EvalConfig, ui: Ui): Promise<void> {
  const { episodes, stochastic, seed, observationNoise, actionNoise, parallel, ...opening } = config;
  const { actor, playground, step } = await openPolicy(source, opening);
  const { environment } = playground;
  const env = await makePlayground(playground, actor, { episodes, episodesInAll: episodes, parallel, ui });
  try {
    const disturbed = noisyActor(actor, { observationNoise, actionNoise }, seed);
    const result = await playEpisodes({
      actor: disturbed,
      env,
      episodes,
      deterministic: !stochastic,
      seed,
    });
    const { actions, returns, lengths } = result;
    const endings = endingsOf(result);
    ui.result(
      { run: source, environment, step, episodes, seed, observationNoise, actionNoise, ...result },
      [
        formatTable(
          ['episode', `${actions} return`, 'length', 'end'],
          returns.map((value, i) => [i + 1, value.toFixed(2), lengths[i] ?? 0, endings[i] ?? '']),
        ),
        '',
        formatPairs({
          environment,
          'trained for': counted(step, 'step'),
          ...(observationNoise + actionNoise > 0 && {
            noise: `${observationNoise} on observations, ${actionNoise} on actions`,
          }),
          [`${actions} return`]: `${formatReturn(result, 2)} (${episodes === 1 ? '' : 'mean and standard deviation of '}${counted(episodes, 'episode')})`,
          ends: formatEndings(result),
        }),
      ].join('\n'),
    );
  } finally {
    await env.close();
    await actor.dispose();
  }
}
