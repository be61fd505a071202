import { mean, performanceProfile } from '@meow-rl/train';
import type { BootstrapOptions, ConfidenceInterval } from '@meow-rl/train';

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
  readonly groups: readonly { readonly label: string; readonly shares: readonly ConfidenceInterval[] }[];
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
  options: BootstrapOptions,
): NormalizedProfile | undefined {
  const shared = environments.flatMap(({ environment, scores }) => {
    const scale = Math.max(...[...scores.values()].map((values) => mean(values)));
    return labels.every((label) => scores.has(label)) && scale > 0 ? [{ environment, scores, scale }] : [];
  });
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
    groups: normalized.map(({ label, strata }) => ({
      label,
      shares: performanceProfile(strata, thresholds, options),
    })),
  };
}
