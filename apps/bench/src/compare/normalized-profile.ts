import { bootstrapInterval, interquartileMean, mean, performanceProfile } from '@meow-rl/train';
import type { BootstrapOptions, ConfidenceInterval } from '@meow-rl/train';

import { ofEnoughSeeds } from './few-seeds.ts';
import { resamplesOfBands, type Resampling } from './resamples.ts';

/** Final scores of one environment, by the label of the group. */
export interface LabelledScores {
  readonly environment: string;
  readonly scores: ReadonlyMap<string, readonly number[]>;
}

/** The share of runs whose normalized final return is above each threshold. */
export interface NormalizedProfile {
  /** Ascending. */
  readonly thresholds: readonly number[];
  /** What returns are divided by: the largest mean final return of a group. */
  readonly scales: readonly { readonly environment: string; readonly scale: number }[];
  readonly groups: readonly {
    readonly label: string;
    readonly shares: readonly ConfidenceInterval[];
    /** Interquartile mean over all runs of all environments; its resamples are drawn within each environment. */
    readonly iqm: ConfidenceInterval;
  }[];
  /** Environments that don't count, and why. */
  readonly leftOut: readonly { readonly environment: string; readonly reason: string }[];
}

/** Thresholds of a profile. */
const POINTS = 101;

/**
 * Performance profiles of all labels over the environments in which all of them have runs. Returns of one environment are divided by
 * the best group's mean there, so that 1 is the best mean and 0 is a return of 0.
 *
 * @returns undefined where no environment has all labels, or a best mean above 0
 */
export function normalizedProfile(
  labels: readonly string[],
  environments: readonly LabelledScores[],
  options: BootstrapOptions & Resampling,
): NormalizedProfile | undefined {
  const judged = environments.map(({ environment, scores }) => {
    const scale = Math.max(...[...scores.values()].map((values) => mean(values)));
    const missing = labels.filter((label) => !scores.has(label));
    const reason =
      missing.length > 0
        ? `no runs of ${missing.join(', ')}`
        : scale > 0
          ? undefined
          : `its best mean, ${scale.toPrecision(3)}, is not above 0`;
    return { environment, scores, scale, reason };
  });
  const shared = judged.filter(({ reason }) => reason === undefined);
  if (shared.length === 0 || labels.length < 2) return undefined;
  const normalized = labels.map((label) => ({
    label,
    strata: shared.map(({ scores, scale }) => (scores.get(label) ?? []).map((value) => value / scale)),
  }));
  const all = normalized.flatMap(({ strata }) => strata.flat());
  const [low, high] = [Math.max(-1, Math.min(0, ...all)), Math.max(1, ...all)];
  const thresholds = Array.from({ length: POINTS }, (_, i) => low + ((high - low) * i) / (POINTS - 1));
  return {
    thresholds,
    scales: shared.map(({ environment, scale }) => ({ environment, scale })),
    groups: normalized.map(({ label, strata }) => {
      // Over several tasks two seeds of each are more than two scores.
      const ofOneTask = strata.length === 1 ? strata : [];
      return {
        label,
        shares: performanceProfile(strata, thresholds, {
          ...options,
          resamples: resamplesOfBands(options),
        }).map((share) => ofEnoughSeeds(share, ...ofOneTask)),
        iqm: ofEnoughSeeds(
          bootstrapInterval(strata, (scores) => interquartileMean(scores.flat()), options),
          ...ofOneTask,
        ),
      };
    }),
    leftOut: judged.flatMap(({ environment, reason }) =>
      reason === undefined ? [] : [{ environment, reason }],
    ),
  };
}
