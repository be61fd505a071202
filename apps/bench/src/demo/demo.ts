import { POLICY_FILES } from '@meow-rl/export';
import type { MetricsEvent } from '@meow-rl/train';

import { meow } from '../algorithms/meow.ts';
import type { DemoConfig } from '../commands/demo.ts';
import { figureData } from './figure-data.ts';
import { modalityOf } from './modality.ts';
import { ROLLOUT_STEPS } from './rollouts.ts';
import { InterruptedError } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import { contentsOf, exportRunAgent } from '../policies/policy-export.ts';
import type { DemoReport } from '../report/data.ts';
import { demoReportHtml } from '../report/demo-report.ts';
import { chooseEngine, expectEngine } from '../runs/engines.ts';
import { describeParallelism } from '../runs/parallelism.ts';
import { resolveTrain, type ResolvedTrain } from '../runs/resolve.ts';
import { runAgentOf } from '../runs/run-agent.ts';
import { parseTrainSettings } from '../runs/train-settings.ts';
import { SUMMARY } from '../runs/run-files.ts';
import { createRunFolder } from '../runs/run-folder.ts';
import type { RunFolder, RunOptions } from '../runs/run-folder.ts';
import { formatPairs } from '../cli/table.ts';
import { runTraining } from '../runs/training.ts';
import type { Ui } from '../cli/ui.ts';
import { withOpen } from '../files/with-open.ts';

/** Trains on the multi-goal task, draws the paper's Figure 1 and writes the report with the policies. */
export async function demo(config: DemoConfig, options: RunOptions, ui: Ui): Promise<void> {
  const { seed, parallel, threads, engine, steps, preset } = config;
  const settings = await resolveTrain(
    parseTrainSettings(
      {
        algo: meow.name,
        env: 'MultiGoal-v0',
        preset,
        seed,
        parallel,
        threads,
        engine,
        ...(steps === undefined ? {} : { steps }),
        logEvery: 500,
      },
      'demo',
    ),
  );
  await expectEngine(settings);
  for (const line of [...describeParallelism(settings), ...chooseEngine(engine).hint]) ui.info(line);
  await withOpen(async (open) => {
    const folder = open(await createRunFolder({ path: config.out, command: 'demo', ...options }));
    await folder.writeConfig(settings);
    await trainAndReport(config, settings, folder, ui);
  });
}

async function trainAndReport(
  { seed, rollouts }: DemoConfig,
  settings: ResolvedTrain,
  folder: RunFolder,
  ui: Ui,
): Promise<void> {
  ui.info(
    `Training MEow on ${settings.env} with seed ${seed} on the engine ${settings.engine}: ${settings.steps} steps`,
  );
  const runAgent = await runAgentOf(meow, settings);
  const agent = runAgent.unwrapped;
  const curve: DemoReport['curve'][number][] = [];
  const onMetrics = ({ step, meanReturn }: MetricsEvent) => {
    if (meanReturn !== undefined) curve.push({ step, meanReturn });
  };
  try {
    const { result: outcome, signal } = await interruptible(
      (signal) => runTraining({ agent: runAgent, settings, folder, ui, signal, onMetrics }),
      () => ui.warn('interrupted; finishing this step.'),
    );
    if (signal && outcome.aborted)
      throw new InterruptedError(
        `interrupted after ${outcome.step} of ${settings.steps} steps; the parameters are in ${folder.path}`,
        'Run the demo again for a report.',
        exitCodeOfSignal(signal),
      );
    const figures = await figureData(agent, { rollouts, seed }, (stage) => ui.info(stage));
    const { reachedByGoal, valueError, goals } = figures;
    const modality = modalityOf(reachedByGoal, rollouts);

    ui.info('Exporting the policy and verifying it');
    const files = await exportRunAgent(runAgent, folder.file('policy'), {
      settings,
      trainingSteps: outcome.step,
      seed,
      probes: outcome.probes,
    });
    const verified = files.find(({ kind }) => kind === 'policy');
    const verify = { maxError: verified?.maxError ?? Number.NaN, observations: verified?.observations ?? 0 };

    const { agent: agentSettings, environment: _, ...runSettings } = settings;
    const report: DemoReport = {
      title: 'MEow on the multi-goal task',
      seed,
      steps: outcome.step,
      trainSeconds: outcome.seconds,
      settings: { ...runSettings, ...agentSettings },
      ...figures,
      curve,
      verify,
      files: files.map((file) => ({
        name: `policy/${POLICY_FILES[file.kind]}`,
        description: contentsOf(file),
      })),
    };
    await folder.writeText('report.html', demoReportHtml(report));
    const reached = reachedByGoal.reduce((total, count) => total + count, 0);
    const summary = {
      seed,
      steps: outcome.step,
      updates: outcome.updates,
      rollouts,
      reachedByGoal,
      reached,
      goalEntropy: modality.entropy,
      goalEvenness: modality.evenness,
      valueReference: valueError.reference,
      valueErrorExact: valueError.exact,
      valueErrors: {
        samples: valueError.samples,
        importance: valueError.importance,
        monteCarlo: valueError.monteCarlo,
      },
      verifyMaxError: verify.maxError,
      trainSeconds: outcome.seconds,
    };
    await folder.writeJson(SUMMARY, summary);
    ui.result(
      { run: folder.path, report: folder.file('report.html'), ...summary },
      formatPairs({
        trained: `${outcome.step} steps, ${outcome.updates} updates in ${outcome.seconds.toFixed(1)} s`,
        'goals reached': `${reached} of ${rollouts} within ${ROLLOUT_STEPS} steps: ${goals.map(({ x, y }, i) => `(${x}, ${y}) ${reachedByGoal[i]}`).join(', ')}`,
        'spread over goals': `entropy ${modality.entropy.toFixed(3)} nats, ${(100 * modality.evenness).toFixed(0)}% of the most there can be`,
        'soft value': `off by ${valueError.exact.toExponential(1)} from quadrature (${valueError.reference.toFixed(3)})`,
        policy: `${folder.file('policy', 'policy.onnx')}, agrees with the agent to ${verify.maxError.toExponential(1)}`,
        report: folder.file('report.html'),
      }),
    );
    if (outcome.closeFailure) throw outcome.closeFailure;
  } finally {
    await agent.dispose();
  }
}
