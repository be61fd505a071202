import { describeError, InterruptedError } from './errors.ts';
import { exitCodeOfSignal, interruptible } from './interrupt.ts';
import { exportRunAgent } from './policy-export.ts';
import type { ResolvedTrain } from './resolve.ts';
import { createRunAgent } from './run-agent.ts';
import type { RunFolder } from './run-folder.ts';
import { formatPairs } from './table.ts';
import { runTraining } from './training.ts';
import type { RunTrainingOptions } from './training.ts';
import type { Ui } from './ui.ts';

/**
 * Trains a run to its end, from its beginning or a checkpoint; then exports the policy, verified, and reports.
 *
 * @throws InterruptedError if a signal stopped it, saved
 * @throws CliError at the very end, with everything written, if a log couldn't be closed
 */
export async function finishRun(options: Omit<RunTrainingOptions, 'agent' | 'signal'>): Promise<void> {
  const { settings, folder, ui } = options;
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
      environment: settings.env,
      trainingSteps: outcome.step,
      seed: settings.seed,
      probes: outcome.probes,
    });
    await report(outcome, files, settings, folder, ui);
    if (closeFailure) throw closeFailure;
  } finally {
    await agent.meow.dispose();
  }
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
    environment: settings.env,
    seed: settings.seed,
    steps: outcome.step,
    updates: outcome.updates,
    episodes: outcome.episodes,
    aborted: outcome.aborted,
    meanReturn: outcome.metrics.at(-1)?.meanReturn,
    ...(last && {
      evaluation: {
        step: last.step,
        mean: last.mean,
        standardDeviation: last.standardDeviation,
        ...(last.stochastic && {
          stochastic: { mean: last.stochastic.mean, standardDeviation: last.stochastic.standardDeviation },
        }),
      },
    }),
    verifyMaxError: files.find(({ kind }) => kind === 'policy')?.maxError,
    trainSeconds: outcome.seconds,
  };
  await folder.writeJson('summary.json', summary);
  ui.result(
    { run: folder.path, ...summary },
    formatPairs({
      run: folder.path,
      steps: outcome.step,
      updates: outcome.updates,
      seconds: outcome.seconds.toFixed(1),
      ...(last && {
        [`return of ${last.returns.length} episodes`]: `${last.mean.toFixed(1)} ± ${last.standardDeviation.toFixed(1)} (step ${last.step})`,
      }),
      policy: `${folder.file('policy', 'policy.onnx')}, agrees with the agent to ${summary.verifyMaxError?.toExponential(1)}`,
    }),
  );
}
