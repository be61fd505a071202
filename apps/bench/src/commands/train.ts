import type { TrainConfig } from '../config.ts';
import { interruptible } from '../interrupt.ts';
import { exportRunAgent } from '../policy-export.ts';
import { resolveTrain } from '../resolve.ts';
import { createRunFolder, runPath } from '../run-folder.ts';
import type { RunOptions } from '../run-folder.ts';
import { formatPairs } from '../table.ts';
import { createRunAgent, runTraining } from '../training.ts';
import type { Ui } from '../ui.ts';

/** Trains an agent and keeps the run in its folder: settings, metrics, parameters, verified policy, summary. */
export async function train(config: TrainConfig, options: RunOptions, ui: Ui): Promise<void> {
  const settings = await resolveTrain(config);
  const folder = await createRunFolder({ path: runPath(config), command: 'train', ...options });
  await folder.writeConfig(settings);
  ui.info(`Training ${settings.algo} on ${settings.env}, seed ${settings.seed}, in ${folder.path}`);
  const agent = await createRunAgent(settings);
  try {
    const outcome = await interruptible(
      (signal) => runTraining(agent, settings, folder, ui, signal),
      () => ui.warn('interrupted; saving what was learned. Press Ctrl-C again to leave at once.'),
    );
    const files = await exportRunAgent(agent, folder.file('policy'), {
      environment: settings.env,
      trainingSteps: outcome.step,
      seed: settings.seed,
    });
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
        evaluation: { step: last.step, mean: last.mean, standardDeviation: last.standardDeviation },
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
  } finally {
    await agent.dispose();
  }
}
