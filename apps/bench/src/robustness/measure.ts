import { evaluate, meanInterval, type ConfidenceInterval } from '@meow-rl/train';

import type { RunGroup } from '../compare/group-runs.ts';
import type { LeftOut } from '../compare/left-out.ts';
import type { Run } from '../compare/read-run.ts';
import { makePlayground } from '../environments/evaluation-environments.ts';
import { openPolicy } from '../policies/loaded-policy.ts';
import { noisyActor, type Disturbance } from '../policies/noisy-actor.ts';
import type { Ui } from '../cli/ui.ts';
import { counted } from '../cli/counted.ts';
import { CliError, InterruptedError, reasonOf } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import { withOpen } from '../files/with-open.ts';
import { describeNotPlayed } from './not-played.ts';
import { readPlayed, type Played } from './played.ts';

/** What disturbances policies are played under. */
export interface RobustnessOptions {
  /** Sizes of noise on observations, one by one. */
  readonly observationNoise: readonly number[];
  /** Sizes of noise on actions, one by one. */
  readonly actionNoise: readonly number[];
  /** Episodes per run, disturbance and kind of action. */
  readonly episodes: number;
  /** Share that intervals cover. */
  readonly confidence: number;
  readonly seed: number;
}

/** Returns of a group's final policies under one disturbance, over its seeds. */
export interface DisturbedReturns extends Disturbance {
  readonly deterministic: ConfidenceInterval;
  readonly sampled: ConfidenceInterval;
}

/** How a group's final policies stand disturbances; the first is none. */
export interface GroupRobustness {
  readonly environment: string;
  readonly label: string;
  /** Seeds whose policies were played, and all that the group has. */
  readonly seeds: { readonly played: number; readonly all: number };
  readonly returns: readonly DisturbedReturns[];
}

/** What was played with noise. */
export interface Robustness {
  /** Those of which at least one policy was played. */
  readonly groups: readonly GroupRobustness[];
  /** Runs whose policies could not be played, and files of curves, which hold none. */
  readonly notPlayed: readonly LeftOut[];
}

/** No noise, each size on observations alone, each size on actions alone. */
const disturbancesOf = ({ observationNoise, actionNoise }: RobustnessOptions): Disturbance[] => [
  { observationNoise: 0, actionNoise: 0 },
  ...observationNoise.map((size) => ({ observationNoise: size, actionNoise: 0 })),
  ...actionNoise.map((size) => ({ observationNoise: 0, actionNoise: size })),
];

/**
 * Plays the final policies of all runs under noise. Disturbances and runs of one seed begin with the same draws. What was
 * played is kept in the run's folder, and not played again. A policy that can't be played stops no other one, and is said.
 *
 * @throws InterruptedError if a signal stopped it
 * @throws CliError if no policy could be played
 */
export async function measureRobustness(
  compared: readonly RunGroup[],
  options: RobustnessOptions,
  ui: Ui,
): Promise<Robustness> {
  const disturbances = disturbancesOf(options);
  const all = compared.flatMap((group) => group.runs);
  const runs = all.filter(({ label }) => label === undefined);
  const files = new Set(all.filter(({ label }) => label !== undefined).map(({ folder }) => folder));
  const notPlayed: LeftOut[] = [...files].map((folder) => ({
    folder,
    reason: 'a file of curves holds no policies',
  }));
  const played = new Map<Run, readonly Played[]>();
  let done = 0;
  const { signal } = await interruptible(
    async (stop) => {
      const bar = ui.progress('playing with noise', runs.length, { unit: 'runs' });
      try {
        for (const run of runs) {
          try {
            played.set(run, await playDisturbed(run.folder, disturbances, options, stop));
          } catch (error) {
            if (!(error instanceof CliError) || error instanceof InterruptedError) throw error;
            notPlayed.push({ folder: run.folder, reason: reasonOf(error) });
          }
          bar.update((done += 1));
        }
      } catch (error) {
        if (!stop.aborted || error !== stop.reason) throw error;
      } finally {
        bar.stop();
      }
    },
    () => ui.warn('interrupted; what was played with noise is kept. Press Ctrl-C again to leave at once.'),
  );
  if (signal && done < runs.length)
    throw new InterruptedError(
      `stopped while playing with noise, ${played.size} of ${counted(runs.length, 'run')} played and kept; the report is written without it`,
      'Go on with the same command.',
      exitCodeOfSignal(signal),
    );
  if (played.size === 0)
    throw new CliError(
      `no policy could be played with noise, and the report is written without it: ${notPlayed.map(describeNotPlayed).join('; ')}`,
      'Give runs whose policies are there, or no sizes of noise.',
    );
  for (const run of notPlayed) ui.warn(describeNotPlayed(run));
  return {
    groups: compared.flatMap((group) => robustnessOf(group, disturbances, played, options)),
    notPlayed,
  };
}

/** Of a group of which some policies were played. */
function robustnessOf(
  { environment, label, runs }: RunGroup,
  disturbances: readonly Disturbance[],
  played: ReadonlyMap<Run, readonly Played[]>,
  { confidence }: RobustnessOptions,
): GroupRobustness[] {
  const returns = runs.map((run) => played.get(run)).filter((ofRun) => ofRun !== undefined);
  if (returns.length === 0) return [];
  const over = (kind: 'deterministic' | 'sampled', i: number) =>
    meanInterval(
      returns.map((ofRun) => ofRun[i]?.[kind] ?? Number.NaN),
      confidence,
    );
  return [
    {
      environment,
      label,
      seeds: { played: returns.length, all: runs.length },
      returns: disturbances.map((disturbance, i) =>
        Object.assign({ deterministic: over('deterministic', i), sampled: over('sampled', i) }, disturbance),
      ),
    },
  ];
}

async function playDisturbed(
  folder: string,
  disturbances: readonly Disturbance[],
  { episodes, seed }: RobustnessOptions,
  stop: AbortSignal,
): Promise<readonly Played[]> {
  stop.throwIfAborted();
  const before = await readPlayed(folder);
  const knownOf = ({ observationNoise, actionNoise }: Disturbance): Played | undefined =>
    before.played.find(
      (known) =>
        known.observationNoise === observationNoise &&
        known.actionNoise === actionNoise &&
        known.episodes === episodes &&
        known.seed === seed,
    );
  const missing = disturbances.filter((disturbance) => knownOf(disturbance) === undefined);
  if (missing.length > 0)
    await withOpen(async (open) => {
      const { actor, playground } = await openPolicy(folder, { threads: 1 });
      open({ close: () => actor.dispose() });
      const episodesInAll = 2 * episodes * missing.length;
      const env = open(
        await makePlayground(playground, actor, { episodes, episodesInAll, parallel: 'auto' }),
      );
      for (const disturbance of missing) {
        const play = async (deterministic: boolean) => {
          const disturbed = noisyActor(actor, disturbance, seed);
          return (await evaluate({ actor: disturbed, env, episodes, deterministic, seed, signal: stop }))
            .mean;
        };
        const [deterministic, sampled] = [await play(true), await play(false)];
        await before.add({ ...disturbance, episodes, seed, deterministic, sampled });
      }
    });
  return disturbances.flatMap((disturbance) => knownOf(disturbance) ?? []);
}
