import path from 'node:path';

import { POLICY_FILES } from '@meow-rl/export';
import type { Policy } from '@meow-rl/export';
import { evaluate } from '@meow-rl/train';
import type { Actor } from '@meow-rl/train';

import type { ExportConfig } from '../commands/export.ts';
import { spacesOf } from '../environments/environments.ts';
import { makePlayground } from '../environments/evaluation-environments.ts';
import { policyActor } from './policy-actor.ts';
import { contentsOf, exportRunAgent } from './policy-export.ts';
import type { ResolvedTrain } from '../runs/resolve.ts';
import { openRun } from '../runs/saved-run.ts';
import { formatPairs, formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';

/** Writes the ONNX files of a run, each verified against the agent. */
export async function exportPolicy(run: string, config: ExportConfig, ui: Ui): Promise<void> {
  const { settings, agent, step, observations } = await openRun(run, { checkpoint: config.checkpoint });
  try {
    const probes = await observations(config.observations).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      ui.warn(`the files are verified on random observations, those of the run can't be read: ${reason}`);
      return undefined;
    });
    const files = await exportRunAgent(agent, config.out ?? path.join(run, 'policy'), {
      settings,
      trainingSteps: step,
      observations: config.observations,
      seed: config.seed,
      probes,
      precision: config.precision,
      ...(config.episodes > 0 && {
        measure: (policy: Policy) => compareReturns(agent.agent, policy, settings, config),
      }),
    });
    const [{ measured } = { measured: {} }] = files;
    const missing = files.some(({ kind }) => kind === 'stochastic')
      ? undefined
      : `There is no ${POLICY_FILES.stochastic}: the policy of ${settings.algo} is deterministic, and what it samples is noise to explore.`;
    ui.result(
      {
        run,
        environment: settings.environment,
        step,
        precision: config.precision,
        files,
        ...(missing && { missing }),
      },
      [
        formatTable(
          ['file', 'what it computes', 'kB', 'largest error', 'mean error', 'observations'],
          files.map((file) => [
            file.path,
            contentsOf(file),
            Math.ceil(file.bytes / 1000),
            file.maxError.toExponential(1),
            file.meanError.toExponential(1),
            file.observations,
          ]),
        ),
        ...(missing === undefined ? [] : ['', missing]),
        ...(config.episodes > 0 ? ['', formatReturns(measured)] : []),
      ].join('\n'),
    );
  } finally {
    await agent.unwrapped.dispose();
  }
}

/** Mean returns of the agent and of the file, in episodes from the same starts. */
async function compareReturns(
  agent: Actor,
  policy: Policy,
  settings: ResolvedTrain,
  { episodes, seed }: Pick<ExportConfig, 'episodes' | 'seed'>,
): Promise<Readonly<Record<string, number>>> {
  const { parallel, numEnvs } = settings;
  const meanReturn = async (actor: Actor): Promise<number> => {
    const env = await makePlayground(settings, actor, {
      episodes,
      episodesInAll: episodes,
      parallel,
      numEnvs,
    });
    try {
      return (await evaluate({ actor, env, episodes, deterministic: true, seed })).mean;
    } finally {
      await env.close();
    }
  };
  const spaces = await spacesOf(settings);
  return {
    episodes,
    agent_return: await meanReturn(agent),
    return: await meanReturn(policyActor(policy, { id: settings.environment, ...spaces })),
  };
}

const formatReturns = (measured: Readonly<Record<string, number>>): string =>
  formatPairs({
    'return of the agent': (measured['agent_return'] ?? Number.NaN).toFixed(2),
    'return of the file': `${(measured['return'] ?? Number.NaN).toFixed(2)} (means of ${measured['episodes']} episodes from the same starts)`,
  });
