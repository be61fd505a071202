import type { ExportedFile } from '@meow-rl/export/node';
import type { EvaluationResult } from '@meow-rl/train';

import { counted } from '../cli/counted.ts';
import { algorithmNamed } from '../algorithms/index.ts';
import { countEndings, formatEndings, formatReturn } from '../policies/episodes.ts';
import { CliError, describeError, InterruptedError, reasonOf } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import { exportRunAgent } from '../policies/policy-export.ts';
import { readWholeConfig } from '../cli/config-file.ts';
import type { BridgeOptions } from '../environments/bridge.ts';
import { withStepLimit } from '../environments/step-limit.ts';
import { prepareEnvironment } from '../environments/environments.ts';
import type { ResolvedTrain } from './resolve.ts';
import { createRunAgent } from './run-agent.ts';
import type { RunAgent } from './run-agent.ts';
import { CONFIG, SUMMARY } from './run-files.ts';
import type { RunFolder } from './run-folder.ts';
import { formatPairs } from '../cli/table.ts';
import { runTraining } from './training.ts';
import type { RunTrainingOptions, TrainingOutcome } from './training.ts';
import type { Ui } from '../cli/ui.ts';

/**
 * Trains a run to its end, from its beginning or a checkpoint; then exports the policy, verified, and reports.
 *
 * @throws InterruptedError if a signal stopped it, saved
 * @throws CliError at the very end, with all else written, if a log couldn't be closed, or policy or summary couldn't be written:
 *   training is finished all the same
 */
export async function finishRun(options: Omit<RunTrainingOptions, 'agent' | 'signal'>): Promise<void> {
  const { folder, ui } = options;
  const { numEnvs, spreadEpisodes, algo } = options.settings;
  const opening = { numEnvs, spreadEpisodes, logFile: folder.file('server.log') };
  const settings = await limitSteps(options, opening);
  const learnsFromRollouts = algorithmNamed(algo).rolloutSteps !== undefined;
  await prepareEnvironment(settings, { ...opening, learnsFromRollouts });
  const agent = await createRunAgent(settings);
  try {
    const { result: outcome, signal } = await interruptible(
      (signal) => runTraining({ ...options, settings, agent, signal }),
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
    const { files, exportFailure } = await exportPolicy(agent, outcome, settings, folder);
    const reportFailure = await report(outcome, files, settings, folder, ui).then(
      () => undefined,
      (error: unknown) => error,
    );
    const [failure, ...others] = [reportFailure, exportFailure, closeFailure].filter(
      (error) => error !== undefined,
    );
    // That of closing says that all else is whole, which it isn't then.
    for (const error of others) ui.warn(describeError(error === closeFailure ? closeFailure?.cause : error));
    if (failure !== undefined) throw failure;
  } finally {
    await agent.unwrapped.dispose();
  }
}

/** The settings of a run, with a step limit where its environment has none; recorded, so that it goes on with the same. */
async function limitSteps(
  { settings, folder, ui, resume }: Pick<RunTrainingOptions, 'settings' | 'folder' | 'ui' | 'resume'>,
  opening: BridgeOptions,
): Promise<ResolvedTrain> {
  // One that is gone on with stays as it was.
  if (resume) return settings;
  const limited = await withStepLimit(settings, opening, ui);
  if (limited !== settings) {
    const config = await readWholeConfig(folder.file(CONFIG));
    await folder.writeJson(CONFIG, { ...config, maxSteps: limited.maxSteps });
  }
  return limited;
}

/** Exports the policy; what keeps it from that is told when all else is written. */
async function exportPolicy(
  agent: RunAgent,
  { step, probes }: TrainingOutcome,
  settings: ResolvedTrain,
  folder: RunFolder,
): Promise<{ readonly files: readonly ExportedFile[]; readonly exportFailure?: CliError }> {
  const policy = folder.file('policy');
  const options = { settings, trainingSteps: step, seed: settings.seed, probes };
  try {
    return { files: await exportRunAgent(agent, policy, options) };
  } catch (error) {
    const exportFailure = new CliError(
      `${folder.path} is trained and saved, but ${policy} could not be written: ${reasonOf(error)}`,
      `Play the agent itself with: meow-bench eval ${folder.path}; once what kept the policy from being written is mended, ` +
        `write it with: meow-bench export ${folder.path}`,
      { cause: error },
    );
    return { files: [], exportFailure };
  }
}

/** An evaluation in a few numbers. Its actions are named here: logs of older versions don't say. */
function summaryOf(evaluation: EvaluationResult, actions: EvaluationResult['actions']) {
  const { mean, standardDeviation, returns } = evaluation;
  const ends = countEndings(evaluation);
  return { actions, episodes: returns.length, mean, standardDeviation, ...(ends && { ends }) };
}

async function report(
  outcome: TrainingOutcome,
  files: readonly ExportedFile[],
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
    meanReturn: outcome.lastMetrics?.meanReturn,
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
      ...(summary.verifyMaxError !== undefined && {
        policy: `${folder.file('policy', 'policy.onnx')}, agrees with the agent to ${summary.verifyMaxError.toExponential(1)}`,
      }),
    }),
  );
}
