import { counted } from '../cli/counted.ts';
import type { EvaluationResult } from '@meow-rl/train';

import { algorithmNamed } from '../algorithms/index.ts';
import { countEndings, formatEndings, formatReturn } from '../policies/episodes.ts';
import { describeError, InterruptedError } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import { exportRunAgent } from '../policies/policy-export.ts';
import { prepareEnvironment } from '../environments/environments.ts';
import type { ResolvedTrain } from './resolve.ts';
import { createRunAgent } from './run-agent.ts';
import { SUMMARY } from './run-files.ts';
import type { RunFolder } from './run-folder.ts';
import { formatPairs } from '../cli/table.ts';
import { runTraining } from './training.ts';
import type { RunTrainingOptions } from './training.ts';
import type { Ui } from '../cli/ui.ts';

/**
 * Trains a run to its end, from its beginning or a checkpoint; then exports the policy, verified, and reports.
 *
 * @throws InterruptedError if a signal stopped it, saved
 * @throws CliError at the very end, with everything written, if a log couldn't be closed
 */
export async function finishRun(options: Omit<RunTrainingOptions, 'agent' | 'signal'>): Promise<void> {
  const { settings, folder, ui } = options;
  const { numEnvs, spreadEpisodes } = settings;
  await prepareEnvironment(settings, {
    numEnvs,
    spreadEpisodes,
    logFile: folder.file('server.log'),
    learnsFromRollouts: algorithmNamed(settings.algo).rolloutSteps !== undefined,
  });
  const agent = await createRunAgent(settings);
  try {
    const { result: outcome, signal } = await interruptible(
      (signal) => runTraining({ ...options, agent, signal }),
      () => ui.warn('interrupted; saving what was learned. Press Ctrl-C again to leave at once.'),
    );
    const { closeFailure } = outcome;
    if (signal && outcome.aborted) {
      if (closeFailure) ui.warn(describeError(closeFailure));
      throw new InterruptedError(
        `stopped at step ${outcome.step} of ${settings.steps}, saved`,
        `Go on with: meow-bench train --resume ${folder.path}`,
        exitCodeOfSignal(signal),
      );
    }
    const files = await exportRunAgent(agent, folder.file('policy'), {
      settings,
      trainingSteps: outcome.step,
      seed: settings.seed,
      probes: outcome.probes,
    });
    await report(outcome, files, settings, folder, ui);
    if (closeFailure) throw closeFailure;
  } finally {
    await agent.unwrapped.dispose();
  }
}

/** An evaluation in a few numbers. Its actions are named here: logs of older versions don't say. */
function summaryOf(evaluation: EvaluationResult, actions: EvaluationResult['actions']) {
  const { mean, standardDeviation, returns } = evaluation;
  const ends = countEndings(evaluation);
  return { actions, episodes: returns.length, mean, standardDeviation, ...(ends && { ends }) };
}

async function report(
  outcome: Awaited<ReturnType<typeof runTraining>>,
  files: Awaited<ReturnType<typeof exportRunAgent>>,
  settings: ResolvedTrain,
  folder: RunFolder,
  ui: Ui,
): Promise<void> {
  const last = outcome.evaluations.at(-1);
  const summary = {
    algorithm: settings.algo,
    environment: settings.environment,
    seed: settings.seed,
    steps: outcome.step,
    updates: outcome.updates,
    episodes: outcome.episodes,
    aborted: outcome.aborted,
    meanReturn: outcome.metrics.at(-1)?.meanReturn,
    ...(last && {
      evaluation: {
        step: last.step,
        ...summaryOf(last, 'deterministic'),
        ...(last.stochastic && { stochastic: summaryOf(last.stochastic, 'sampled') }),
      },
    }),
    verifyMaxError: files.find(({ kind }) => kind === 'policy')?.maxError,
    trainSeconds: outcome.seconds,
  };
  await folder.writeJson(SUMMARY, summary);
  ui.result(
    { run: folder.path, ...summary },
    formatPairs({
      run: folder.path,
      steps: outcome.step,
      updates: outcome.updates,
      seconds: outcome.seconds.toFixed(1),
      ...(last && {
        evaluated: `at step ${last.step}, ${counted(last.returns.length, 'episode')}`,
        'deterministic return': `${formatReturn(last)} (${formatEndings(last)})`,
        ...(last.stochastic && {
          'sampled return': `${formatReturn(last.stochastic)} (${formatEndings(last.stochastic)})`,
        }),
      }),
      policy: `${folder.file('policy', 'policy.onnx')}, agrees with the agent to ${summary.verifyMaxError?.toExponential(1)}`,
    }),
  );
}
