import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { algorithmNamed } from '../algorithms/index.ts';
import type { RawConfig } from '../cli/config-file.ts';
import { CliError, reasonOf } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';
import { isBridge } from '../environments/bridge.ts';
import { isKnownEnvironment, maxStepsOf } from '../environments/environments.ts';
import { withOpen } from '../files/with-open.ts';
import { allEvents } from '../runs/read-events.ts';
import { replaySettings, resolveTrain, type ResolvedTrain } from '../runs/resolve.ts';
import { guardWrite } from '../runs/run-folder.ts';
import { parseTrainSettings } from '../runs/train-settings.ts';
import { parseSweep } from '../sweep/definition.ts';
import { runSweep, type RunSweepOptions } from '../sweep/run-sweep.ts';
import { costOf } from './cost-of-run.ts';
import type { Arm } from './experiments.ts';
import type { ArmCost } from './plan.ts';
import type { RunPlace } from './run-place.ts';

/** How a measured run is cut. */
interface Cut {
  /** Steps with random actions, of each environment. */
  readonly warmup: number;
  /** Steps with updates, of each environment. */
  readonly updated: number;
  /** Evaluations; the first one isn't counted, as engines, environments and simulators prepare in it. */
  readonly evaluations: number;
}
const IN_PROCESS: Cut = { warmup: 300, updated: 600, evaluations: 6 };
/** Their steps are those of many environments, and an evaluation, of the length that it has, takes a minute or so. */
const IN_SIMULATOR: Cut = { warmup: 150, updated: 300, evaluations: 2 };

/** Episodes are cut off after so many steps, to have several evaluations in a short time. */
const EPISODE = 100;

/** An arm that is to be measured in an environment. */
export interface Measured {
  readonly environment: string;
  readonly arm: Arm;
}

/** How runs are measured. */
export interface MeasureOptions extends Omit<RunSweepOptions, 'isTemporary'> {
  /** Folder that measured runs lie in, in one that is deleted at the end. On storage that the nodes of a cluster see. */
  readonly out: string;
  readonly place: RunPlace;
  /** Episodes of an evaluation. */
  readonly evaluationEpisodes: number;
}

/**
 * Measures what runs cost on this machine, by short ones that share its cores as the real ones will.
 *
 * @throws CliError if one of them fails
 * @throws InterruptedError if a signal stopped it; nothing is kept then
 */
export const measureCosts = (
  measured: readonly Measured[],
  { out, place, evaluationEpisodes, ...options }: MeasureOptions,
  ui: Ui,
): Promise<ArmCost[]> =>
  withOpen(
    async (open) => {
      const folder = await guardWrite(out, () => mkdtemp(path.join(out, 'measurement-')));
      open({ close: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }) });
      const short = await Promise.all(measured.map((of) => shortRun(of, { place, evaluationEpisodes })));
      const groups = short.map(({ group }) => group);
      const { ray } = place;
      const sweep = parseSweep({ groups, ...(ray && { ray }) }, 'measurement', folder);
      const { trials } = await runSweep(sweep, { ...options, isTemporary: true }, ui);
      return Promise.all(
        short.map(async ({ of, episode }, i) => {
          const trial = trials[i];
          if (!trial || trial.phase !== 'finished')
            throw new CliError(
              `the short run of ${of.arm.algorithm} on ${of.environment} failed: ${trial?.error ?? 'it did not run'}`,
              'Without it there is no telling how long the real ones take.',
            );
          const events = await allEvents(path.join(trial.folder, 'metrics.jsonl'));
          return Object.assign(costOf(events, episode), of);
        }),
      );
    },
    (error) => ui.warn(`what was measured stays in ${out}: ${reasonOf(error)}`),
  );

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

async function shortRun(
  of: Measured,
  { place: { simulator }, evaluationEpisodes }: Pick<MeasureOptions, 'place' | 'evaluationEpisodes'>,
) {
  const { environment: env } = of;
  const { algorithm, preset } = of.arm;
  const settings = await settingsOfRun(of, simulator);
  const { numEnvs } = settings;
  const isSimulator = isBridge(env);
  const cut = isSimulator ? IN_SIMULATOR : IN_PROCESS;
  const { steps, ...loop } = shortLoop(settings, cut);
  // Simulators end their episodes themselves.
  const maxSteps = isSimulator ? undefined : await maxStepsOf(settings);
  const group = {
    algorithms: [algorithm],
    environments: [env],
    list: [preset === undefined ? {} : { name: preset, preset }],
    settings: {
      ...simulator,
      ...loop,
      ...(maxSteps !== undefined && { maxSteps: Math.min(EPISODE, maxSteps) }),
      steps,
      evaluateEvery: Math.floor(steps / cut.evaluations),
      evaluationEpisodes,
      checkpointEvery: steps,
      logEvery: 50 * numEnvs,
    },
  };
  const playsTogether = isSimulator || isKnownEnvironment(env);
  return {
    of,
    group,
    episode: { environment: env, maxSteps, playsTogether },
  };
}

/** Updates as often as in the real run, after a short warm-up; two rollouts of what learns from those. */
function shortLoop(settings: ResolvedTrain, cut: Cut): { readonly steps: number; readonly warmup?: number } {
  const { numEnvs, algo, agent } = settings;
  const { rolloutSteps } = algorithmNamed(algo);
  if (rolloutSteps) return { steps: 2 * rolloutSteps(agent) * numEnvs };
  const warmup = Math.min(cut.warmup * numEnvs, replaySettings(settings).warmup);
  return { warmup, steps: warmup + cut.updated * numEnvs };
}
