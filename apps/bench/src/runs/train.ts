import type { TrainConfig } from './train-settings.ts';
import { algorithmNamed } from '../algorithms/index.ts';
import { checkSimulatorSettings, isKnownEnvironment, spacesOf } from '../environments/environments.ts';
import { isBridge } from '../environments/bridge.ts';
import { assumedLimit } from '../environments/step-limit.ts';
import { taskOf } from '../environments/task-of.ts';
import { chooseEngine, expectEngine } from './engines.ts';
import { finishRun } from './finish-run.ts';
import { describeParallelism } from './parallelism.ts';
import { resolveTrain, type ResolvedTrain } from './resolve.ts';
import { createRunFolder, runPath } from './run-folder.ts';
import type { RunOptions } from './run-folder.ts';
import { importLogger } from './run-logs.ts';
import { memoryOfMachine, rolloutMemoryWarning } from './memory-warning.ts';
import type { Ui } from '../cli/ui.ts';
import { withOpen } from '../files/with-open.ts';

/** Trains an agent and keeps the run in its folder: settings, logs, checkpoints, verified policy, summary. */
export async function train(config: TrainConfig, options: RunOptions, ui: Ui): Promise<void> {
  checkSimulatorSettings(config);
  const settings = await resolveTrain(config);
  await expectEngine(settings);
  await expectMemory(settings);
  // Before an earlier run is replaced.
  if (settings.logger !== undefined) await importLogger(settings.logger);
  const path = runPath({ ...config, environment: settings.environment });
  await withOpen(async (open) => {
    const folder = open(await createRunFolder({ path, command: 'train', ...options }));
    await folder.writeConfig(settings);
    ui.info(
      `Training ${settings.algo} on ${settings.environment}, seed ${settings.seed}, on the engine ${settings.engine}, in ${folder.path}`,
    );
    const remarks = [
      ...describeParallelism(settings),
      ...chooseEngine(config.engine).hint,
      ...assumptions(config, settings),
    ];
    for (const line of remarks) ui.info(line);
    await finishRun({ settings, folder, ui });
  });
}

/**
 * Of rollouts, which are allocated whole. A simulator says its sizes later, when its server runs.
 *
 * @throws UsageError for rollouts that the machine has no room for
 */
async function expectMemory(settings: ResolvedTrain): Promise<void> {
  const { rolloutSteps } = algorithmNamed(settings.algo);
  if (!rolloutSteps || isBridge(settings.env)) return;
  const { observationSpace, actionSpace } = await spacesOf(settings);
  rolloutMemoryWarning(
    {
      steps: rolloutSteps(settings.agent),
      numEnvs: settings.numEnvs,
      observationSize: observationSpace.size,
      actionSize: actionSpace.size,
    },
    memoryOfMachine(),
  );
}

/** What was taken for granted of an environment of the user's own. */
function assumptions(given: TrainConfig, settings: ResolvedTrain): string[] {
  if (isKnownEnvironment(settings.env)) return [];
  const { environment, preset, maxSteps, algo } = settings;
  const hasPreset = Object.hasOwn(algorithmNamed(algo).presetOfEnvironment, taskOf(settings));
  return [
    ...(given.preset === undefined && !hasPreset
      ? [`${environment} is trained with the general preset, ${preset}; flags or --preset change that`]
      : []),
    ...(given.maxSteps === undefined && maxSteps !== undefined ? [assumedLimit(environment)] : []),
  ];
}
