import type { VectorEnv } from '@meow-rl/envs';
import { TrainingError } from '@meow-rl/train';
import type { MetricsEvent, TrainResult } from '@meow-rl/train';
import { listCheckpoints, openRunCheckpoints, restoreRun } from '@meow-rl/train/node';
import type { Checkpoint, RunCheckpoints } from '@meow-rl/train/node';

import { whyNoEvaluation } from '../environments/bridge-evaluation.ts';
import { bridgeHello, isBridge, isRunningServer } from '../environments/bridge.ts';
import { whyEndless } from '../environments/step-limit.ts';
import { makeVectorEnvironment } from '../environments/environments.ts';
import { makeEvaluationEnvironment } from '../environments/evaluation-environments.ts';
import { CliError, reasonOf } from '../cli/errors.ts';
import type { ResolvedTrain } from './resolve.ts';
import { adoptPolicy, withAdoptedPolicy, type RunAgent } from './run-agent.ts';
import { makeRunBuffer } from './run-buffer.ts';
import { CHECKPOINTS, withExplanation } from './run-checkpoints.ts';
import { logTally, type LogTally } from './log-tally.ts';
import { lastingSettings } from './resume-settings.ts';
import type { RunFolder } from './run-folder.ts';
import { openLogs, prepareLogs, readLogs, setLogsAside } from './run-logs.ts';
import type { Ui } from '../cli/ui.ts';
import { withOpen } from '../files/with-open.ts';

/** What a training run leaves in memory. */
export interface TrainingOutcome extends TrainResult, Omit<LogTally, 'add'> {
  /** Wall-clock seconds of training, over all sittings. */
  readonly seconds: number;
  /** [n, obs] observations that the agent has met, to verify an exported policy on; none if not a step was made. */
  readonly probes: Float32Array;
  /** What went wrong when logs and environments were closed, after all was trained and saved. */
  readonly closeFailure: CliError | undefined;
}

/** How a run is to be trained. */
export interface RunTrainingOptions {
  readonly agent: RunAgent;
  readonly settings: ResolvedTrain;
  readonly folder: RunFolder;
  readonly ui: Ui;
  /** Stops the run at the next step, saved. */
  readonly signal?: AbortSignal;
  /** Goes on from there instead of beginning. */
  readonly resume?: Checkpoint | undefined;
  /** Begins the logs anew, as those of the steps before are lost. Default: it goes on with them. */
  readonly newLog?: boolean;
  /** Called before anything on the disk changes, with all that the run goes on from known to be sound. */
  readonly begin?: () => Promise<void>;
  /** Takes averages of training as they are logged. */
  readonly onMetrics?: (event: MetricsEvent) => void;
}

/** Observations that a policy is verified on. */
const PROBES = 1000;

/** Says of what ended training before its time what that cost, and how to go on. */
async function endedEarly(
  error: unknown,
  { settled }: RunCheckpoints,
  folder: RunFolder,
  step: number,
): Promise<CliError> {
  // Why writing failed, if it did, is said already: this error is about that.
  await settled().catch(() => {});
  const [saved] = await listCheckpoints(folder.file(CHECKPOINTS));
  return new CliError(
    reasonOf(error),
    saved === undefined
      ? `Nothing was saved in ${step} steps. Begin it anew with: meow-bench train --resume ${folder.path}, or with other settings and --force.`
      : `The run is saved up to step ${saved}, ${step - saved} steps are lost. Go on with: meow-bench train --resume ${folder.path}`,
    { cause: error },
  );
}

/** Says of evaluations that they may never end, where nothing limits their episodes. */
async function warnOfEndless({ evaluationEnv, ...choice }: ResolvedTrain, ui: Ui): Promise<void> {
  // A server that is started for evaluations is not there yet: it has the task that is trained in.
  const isThere = evaluationEnv !== undefined && isRunningServer(evaluationEnv);
  const problem = await whyEndless(isThere ? { ...choice, env: evaluationEnv } : choice);
  if (problem !== undefined) ui.warn(`${problem}; --evaluate-every above --steps leaves evaluation out`);
}

/** Whether environments give their state; if not, says why and what that means. */
async function givesState(env: VectorEnv, settings: ResolvedTrain, ui: Ui): Promise<boolean> {
  if (isBridge(settings.env) && !(await bridgeHello(settings)).restorable) {
    ui.warn(
      `${settings.env} can't be saved: a run that is resumed goes on with all that was learned, in new episodes, and not to the same bits`,
    );
    return false;
  }
  try {
    await env.state();
    return true;
  } catch (error) {
    ui.warn(error instanceof Error ? error.message : String(error));
    ui.warn(
      'checkpoints are saved without it: if this run stops, all that was learned goes on, in new episodes, and not to the same bits',
    );
    return false;
  }
}

/**
 * Trains the agent of a run: writes its logs and checkpoints as it goes. Afterwards the agent acts with the parameters that
 * the settings ask for.
 *
 * @throws CliError if training ends before its time, saying what is saved
 */
export async function runTraining(options: RunTrainingOptions): Promise<TrainingOutcome> {
  let closeFailure: CliError | undefined;
  const trained = await trainOpened(options, (error) => {
    closeFailure = new CliError(
      reasonOf(error),
      `All else of ${options.folder.path} is whole: it was trained, saved and written before that.`,
      { cause: error },
    );
  });
  return { ...trained, closeFailure };
}

const trainOpened = (
  options: RunTrainingOptions,
  closeFailed: (error: unknown) => void,
): Promise<Omit<TrainingOutcome, 'closeFailure'>> =>
  withOpen(async (open) => {
    const { agent, settings, folder, ui, signal, resume, newLog, begin, onMetrics } = options;
    const { seed, steps, numEnvs, workers, spreadEpisodes, logEvery } = settings;
    const opening = { numEnvs, workers, spreadEpisodes, rescaleActions: true };
    const env = open(await makeVectorEnvironment(settings, opening));
    const withEnvironments = await givesState(env, settings, ui);
    const { evaluationEpisodes, evaluateEvery, deterministicOnly } = settings;
    const evaluates = evaluateEvery <= steps;
    const problem = evaluates ? await whyNoEvaluation(settings) : undefined;
    if (problem !== undefined) ui.warn(problem);
    else if (evaluates) await warnOfEndless(settings, ui);
    const evaluationEnv =
      evaluates && problem === undefined
        ? open(
            await makeEvaluationEnvironment(settings, {
              like: env,
              episodes: evaluationEpisodes,
              episodesInAll:
                Math.floor(steps / evaluateEvery) * evaluationEpisodes * (deterministicOnly ? 1 : 2),
              parallel: settings.parallel,
              logFile: folder.file('server-evaluation.log'),
              ui,
            }),
          )
        : undefined;
    const checkpointFolder = folder.file(CHECKPOINTS);
    const buffer = makeRunBuffer(agent, settings, env, ui);
    const { parts } = buffer;
    // Nothing on the disk changes before all that is to be gone on from is known to be sound.
    const restored =
      resume &&
      (await withExplanation(restoreRun(checkpointFolder, parts, resume), { resumed: folder.path }));
    const position = newLog ? undefined : restored?.log;
    const tally = restored && position ? await readLogs(folder, settings, restored) : logTally();
    const userLoggers = await prepareLogs(folder, settings, position);
    await begin?.();
    if (newLog && restored) await setLogsAside(folder, restored);
    // Later checkpoints go before the logs that they need.
    const { keepCheckpoints: keepLast } = settings;
    const checkpoints = await openRunCheckpoints(checkpointFolder, parts, {
      keepLast,
      withEnvironments,
      settings: lastingSettings(settings),
      restored,
    });
    const logger = open(await openLogs(folder, settings, position, userLoggers));

    let lastReturn: number | undefined;
    let { step, seconds } = restored?.loop ?? { step: 0, seconds: 0 };
    const bar = ui.progress('training', steps, { start: step });
    open({ close: () => bar.stop() });
    try {
      const result = await buffer.train({
        env,
        steps,
        logEvery,
        seed,
        ...(evaluationEnv && {
          evaluate: {
            env: evaluationEnv,
            every: evaluateEvery,
            episodes: evaluationEpisodes,
            stochastic: !deterministicOnly,
            playing: (play) => withAdoptedPolicy(agent, settings, play),
          },
        }),
        checkpoint: {
          every: settings.checkpointEvery,
          save: (loop) => {
            ({ seconds } = loop);
            const last = tally.evaluations.at(-1);
            const score = last?.step === loop.step ? last.mean : undefined;
            return checkpoints.save(loop, { logger, score });
          },
        },
        ...(restored && { resume: restored.loop, restartEnvironments: restored.restartEnvironments }),
        signal: signal ? AbortSignal.any([signal, checkpoints.failed]) : checkpoints.failed,
        onEvent: (event) => {
          ({ step } = event);
          if (event.type === 'progress') {
            // Several environments at once may step past the end.
            bar.update(Math.min(event.step, steps), lastReturn);
            return undefined;
          }
          tally.add(event);
          if (event.type === 'episode') lastReturn = event.return;
          else if (event.type === 'metrics') onMetrics?.(event);
          else if (event.type !== 'evaluation') {
            bar.clear();
            ui.warn(
              event.type === 'restart'
                ? `the environments could not be saved: they go on in new episodes, with seed ${event.environmentSeed}`
                : `${event.name}, since step ${event.step}: ${event.message}`,
            );
          }
          return logger.log(event);
        },
      });
      await checkpoints.settled();
      adoptPolicy(agent, settings);
      const probes = buffer.probes(PROBES);
      const { lastMetrics, evaluations, episodes } = tally;
      return { ...result, lastMetrics, evaluations, episodes, seconds, probes };
    } catch (error) {
      // Of an update that failed nothing was told yet of the steps before it.
      throw await endedEarly(error, checkpoints, folder, error instanceof TrainingError ? error.step : step);
    }
  }, closeFailed);
