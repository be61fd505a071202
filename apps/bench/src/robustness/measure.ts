import { evaluate, meanInterval, type ConfidenceInterval } from '@meow-rl/train';

import type { RunGroup } from '../compare/group-runs.ts';
import type { Run } from '../compare/read-run.ts';
import { makePlayground } from '../environments/evaluation-environments.ts';
import { openPolicy } from '../policies/loaded-policy.ts';
import { noisyActor, type Disturbance } from '../policies/noisy-actor.ts';
import type { Ui } from '../cli/ui.ts';

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

/** Plays the final policies of all runs under noise; those of files of curves have none. Disturbances and runs of one seed begin with the same draws. */
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
  const bar = ui.progress('playing with noise', runs.length, { unit: 'runs' });
  const played = new Map<Run, readonly { deterministic: number; sampled: number }[]>();
  try {
    for (const run of runs) {
      played.set(run, await playDisturbed(run.folder, disturbances, options));
      bar.update(played.size);
    }
  } finally {
    bar.stop();
  }
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
) {
  const { actor, playground } = await openPolicy(folder, { threads: 1 });
  try {
    const episodesInAll = 2 * episodes * disturbances.length;
    const env = await makePlayground(playground, actor, { episodes, episodesInAll, parallel: 'auto' });
    try {
      const results: { deterministic: number; sampled: number }[] = [];
      for (const disturbance of disturbances) {
        const play = async (deterministic: boolean) => {
          const disturbed = noisyActor(actor, disturbance, seed);
          return (await evaluate({ actor: disturbed, env, episodes, deterministic, seed })).mean;
        };
        results.push({ deterministic: await play(true), sampled: await play(false) });
      }
      return results;
    } finally {
      await env.close();
    }
  } finally {
    await actor.dispose();
  }
}
