import { rm } from 'node:fs/promises';
import path from 'node:path';

import { algorithmNamed } from '../algorithms/index.ts';
import type { RawConfig } from '../cli/config-file.ts';
import { CliError } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';
import { isBridge } from '../environments/bridge.ts';
import { readEvents, type LoggedEvent } from '../runs/read-events.ts';
import { replaySettings, resolveTrain, type ResolvedTrain } from '../runs/resolve.ts';
import { parseTrainSettings } from '../runs/train-settings.ts';
import { parseSweep } from '../sweep/definition.ts';
import { runSweep, type RunSweepOptions } from '../sweep/run-sweep.ts';
import type { Arm } from './experiments.ts';
import type { ArmCost } from './plan.ts';

/** Steps with random actions, and steps with updates, of each environment that a measured run has. */
const [WARMUP, UPDATED] = [300, 600];

/** Steps of an episode of full length, of the tasks that are measured. */
const EPISODE = 1000;

/** What of the cost of a run isn't measured: starting the process, exporting its policy and verifying that. */
const START_SECONDS = 6;
/** And starting a simulator in Python, twice. */
const SIMULATOR_SECONDS = 150;

/** An arm that is to be measured in an environment. */
export interface Measured {
  readonly environment: string;
  readonly arm: Arm;
}

/**
 * Measures what runs cost on this machine, by short ones that share its cores as the real ones will.
 *
 * @param folder of the short runs, deleted at the end
 * @param simulator settings of runs in a simulator
 * @throws CliError if one of them fails
 */
export async function measureCosts(
  measured: readonly Measured[],
  {
    folder,
    simulator,
    ...options
  }: RunSweepOptions & { readonly folder: string; readonly simulator: RawConfig },
  ui: Ui,
): Promise<ArmCost[]> {
  const groups = await Promise.all(measured.map((of) => shortRun(of, simulator)));
  const sweep = parseSweep({ groups }, 'measurement', folder);
  try {
    const { trials } = await runSweep(sweep, options, ui);
    return await Promise.all(
      measured.map(async (of, i) => {
        const trial = trials[i];
        if (!trial || trial.phase !== 'finished')
          throw new CliError(
            `the short run of ${of.arm.algorithm} on ${of.environment} failed: ${trial?.error ?? 'it did not run'}`,
            'Without it there is no telling how long the real ones take.',
          );
        return { ...of, ...costOf(await readEvents(path.join(trial.folder, 'metrics.jsonl')), of) };
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The settings of a run at full length.
 *
 * @throws UsageError if there is no such environment
 */
export async function settingsOfRun(
  { environment: env, arm: { algorithm, preset } }: Measured,
  simulator: RawConfig,
): Promise<ResolvedTrain> {
  const given = { algo: algorithm, env, ...(preset !== undefined && { preset }), ...simulator };
  return resolveTrain(parseTrainSettings(given, 'measurement'));
}

async function shortRun(measured: Measured, simulator: RawConfig) {
  const { environment: env } = measured;
  const { algorithm, preset } = measured.arm;
  const settings = await settingsOfRun(measured, simulator);
  const { numEnvs } = settings;
  const { steps, ...loop } = shortLoop(settings);
  return {
    algorithms: [algorithm],
    environments: [env],
    list: [preset === undefined ? {} : { name: preset, preset }],
    settings: {
      ...simulator,
      ...loop,
      steps,
      // A second simulator would be started for an evaluation.
      evaluateEvery: isBridge(env) ? steps + 1 : steps,
      evaluationEpisodes: 1,
      checkpointEvery: steps,
      logEvery: 50 * numEnvs,
    },
  };
}

/** Updates as often as in the real run, after a short warm-up; two rollouts of what learns from those. */
function shortLoop(settings: ResolvedTrain): { readonly steps: number; readonly warmup?: number } {
  const { numEnvs, algo, agent } = settings;
  const { rolloutSteps } = algorithmNamed(algo);
  if (rolloutSteps) return { steps: 2 * rolloutSteps(agent) * numEnvs };
  const warmup = Math.min(WARMUP * numEnvs, replaySettings(settings).warmup);
  return { warmup, steps: warmup + UPDATED * numEnvs };
}

/** Seconds per step with updates, and per evaluation episode, of a run's events. */
export function costOf(
  events: readonly LoggedEvent[],
  { environment }: Pick<Measured, 'environment'>,
): Omit<ArmCost, keyof Measured> {
  const evaluation = events.find((event) => event.type === 'evaluation');
  const steps = evaluation?.step ?? Number.POSITIVE_INFINITY;
  const metrics = events.filter((event) => event.type === 'metrics');
  // The last line is written after the evaluation, whose time isn't that of steps.
  const timed = metrics.filter(({ step }) => step < steps);
  const last = timed.at(-1) ?? metrics.at(-1);
  const first = timed.find(({ updates, step }) => updates > 0 && step < (last?.step ?? 0));
  const [from, to] = [first ?? { step: 0, time: { seconds: 0 } }, last ?? { step: 0, time: { seconds: 0 } }];
  const played = [...(evaluation?.lengths ?? []), ...(evaluation?.stochastic?.lengths ?? [])].reduce(
    (sum, length) => sum + length,
    0,
  );
  const isSimulator = isBridge(environment);
  return {
    startSeconds: isSimulator ? SIMULATOR_SECONDS : START_SECONDS,
    stepSeconds: (to.time.seconds - from.time.seconds) / Math.max(1, to.step - from.step),
    episodeSeconds: played === 0 ? 0 : (EPISODE * (evaluation?.time.duration ?? 0)) / played,
  };
}
