import { checkPositive, checkWithin } from './check-options.ts';
import type { EpisodeLinks } from './episode-links.ts';
import { gatherRows } from './gather-rows.ts';
import type { TransitionBatch, TransitionRows, TransitionSizes } from './transition-batch.ts';

/** How many steps a sampled transition spans. */
export interface NStepOptions {
  /** n, the most steps; 1 gives the usual transitions, with `discounts`. */
  readonly steps: number;
  /** γ in [0, 1]. */
  readonly discount: number;
}

// Links are distances within the buffer, saved as float32: exact up to here.
const LARGEST_CAPACITY = 2 ** 24;

/** Throws unless n is a positive integer, γ is in [0, 1], and links across the capacity can be saved. */
export function checkNStep({ steps, discount }: NStepOptions, capacity: number): void {
  if (capacity > LARGEST_CAPACITY) {
    throw new RangeError(
      `replay: capacity is ${capacity}, expected at most ${LARGEST_CAPACITY} with nStep. Lower capacity.`,
    );
  }
  checkPositive(`nStep.steps is ${String(steps)}`, steps);
  checkWithin('nStep.discount', discount, 0, 1);
}

/**
 * Fills a batch with the n-step transitions that begin at `rows`:
 *
 *     reward             R = Σ_{k<m} γ^k r_k
 *     next observation   s_m, where the m-th action led
 *     discount           γ^m (1 − terminated)
 *
 * m is n, or fewer where the episode ends before (by termination or truncation, where s_m is its last observation) or
 * where no more has been added yet. Such a shorter return of the newest transitions is as valid a target as any, for it
 * bootstraps from where it stops; so every transition may be drawn at once, each as often as with n = 1.
 *
 * Reference: Sutton, Learning to predict by the methods of temporal differences (1988); Hessel et al., Rainbow (2018).
 */
export function gatherNStep(
  store: TransitionRows,
  links: EpisodeLinks,
  rows: Int32Array,
  { steps, discount }: NStepOptions,
  sizes: TransitionSizes,
  into: TransitionBatch,
): void {
  const ends = new Int32Array(rows.length);
  for (const [i, row] of rows.entries()) {
    let end = row;
    let reward = store.rewards[row] ?? Number.NaN;
    let factor = discount;
    for (let m = 1; m < steps; m += 1) {
      const next = links.after(end);
      if (next < 0) break;
      end = next;
      reward += factor * (store.rewards[end] ?? Number.NaN);
      factor *= discount;
    }
    ends[i] = end;
    into.rewards[i] = reward;
    if (into.discounts) into.discounts[i] = factor * (1 - (store.terminated[end] ?? Number.NaN));
  }
  gatherRows(store.observations, sizes.observationSize, rows, into.observations);
  gatherRows(store.actions, sizes.actionSize, rows, into.actions);
  gatherRows(store.nextObservations, sizes.observationSize, ends, into.nextObservations);
  gatherRows(store.terminated, 1, ends, into.terminated);
}
