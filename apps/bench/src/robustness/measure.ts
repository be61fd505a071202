import { evaluate, meanInterval, type ConfidenceInterval } from '@meow-rl/train';

import type { RunGroup } from '../compare/group-runs.ts';
import type { Run } from '../compare/read-run.ts';
import { makePlayground } from '../environments/evaluation-environments.ts';
import { openPolicy } from '../policies/loaded-policy.ts';
import { noisyActor, type Disturbance } from '../policies/noisy-actor.ts';
import type { Ui } from '../cli/ui.ts';
import { counted } from '../cli/counted.ts';
import { InterruptedError } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import { withOpen } from '../files/with-open.ts';
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
  readonly returns: readonly DisturbedReturns[];
}

/** No noise, each size on observations alone, each size on actions alone. */
const disturbancesOf = ({ observationNoise, actionNoise }: RobustnessOptions): Disturbance[] => [
  { observationNoise: 0, actionNoise: 0 },
  ...observationNoise.map((size) => ({ observationNoise: size, actionNoise: 0 })),
  ...actionNoise.map((size) => ({ observationNoise: 0, actionNoise: size })),
];

/**
 * Plays the final policies of all runs under noise; those of files of curves have none. Disturbances and runs of one seed begin with the same draws. What was
 * played is kept in the run's folder, and not played again.
 *
 * @throws InterruptedError if a signal stopped it
 */
export async function measureRobustness(
  compared: readonly RunGroup[],
  options: RobustnessOptions,
  ui: Ui,
): Promise<GroupRobustness[]> {
  const groups = compared
    .map((group) => ({ ...group, runs: group.runs.filter(({ label }) => label === undefined) }))
    .filter(({ runs }) => runs.length > 0);
  const disturbances = disturbancesOf(options);
  const runs = groups.flatMap((group) => group.runs);
  const played = new Map<Run, readonly Played[]>();
  const { signal } = await interruptible(
    async (stop) => {
      const bar = ui.progress('playing with noise', runs.length, { unit: 'runs' });
      try {
        for (const run of runs) {
          played.set(run, await playDisturbed(run.folder, disturbances, options, stop));
          bar.update(played.size);
        }
      } catch (error) {
        if (!stop.aborted || error !== stop.reason) throw error;
      } finally {
        bar.stop();
      }
    },
    () => ui.warn('interrupted; what was played with noise is kept. Press Ctrl-C again to leave at once.'),
  );
  if (signal && played.size < runs.length)
    throw new InterruptedError(
      `stopped while playing with noise, ${played.size} of ${counted(runs.length, 'run')} played and kept; the report is written without it`,
      'Go on with the same command.',
      exitCodeOfSignal(signal),
    );
  return groups.map(({ environment, label, runs: ofGroup }) => ({
    environment,
    label,
    returns: disturbances.map((disturbance, i) => {
      const over = (kind: 'deterministic' | 'sampled') =>
        meanInterval(
          ofGroup.map((run) => played.get(run)?.[i]?.[kind] ?? Number.NaN),
          options.confidence,
        );
      return Object.assign({ deterministic: over('deterministic'), sampled: over('sampled') }, disturbance);
    }),
  }));
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
