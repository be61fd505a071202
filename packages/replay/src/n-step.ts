import { checkPositive } from './check-options.ts';
import type { EpisodeLinks } from './episode-links.ts';
import { gatherRows } from './gather-rows.ts';
import type { TransitionBatch, TransitionSizes } from './transition-batch.ts';
import type { StoredTransitions } from './transition-ring.ts';

// Links are distances within the buffer, saved as float32: exact up to here.
const LARGEST_CAPACITY = 2 ** 24;

/** Throws unless n is a positive integer, and links across the capacity can be saved. */
export function checkNStep(nStep: number, capacity: number): void {
  checkPositive(`nStep is ${String(nStep)}`, nStep);
  if (nStep > 1 && capacity > LARGEST_CAPACITY) {
    throw new RangeError(
      `replay: capacity is ${capacity}, expected at most ${LARGEST_CAPACITY} with nStep above 1. Lower capacity.`,
    );
  }
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
  store: StoredTransitions,
  links: EpisodeLinks,
  rows: Int32Array,
  { nStep, discount }: { readonly nStep: number; readonly discount: number },
  sizes: TransitionSizes,
  into: TransitionBatch,
): void {
  const ends = new Int32Array(rows.length);
  for (const [i, row] of rows.entries()) {
    let end = row;
    let reward = store.rewards[row] ?? Number.NaN;
    let factor = discount;
    for (let m = 1; m < nStep; m += 1) {
      const next = links.after(end);
      if (next < 0) break;
      end = next;
      reward += factor * (store.rewards[end] ?? Number.NaN);
      factor *= discount;
    }
    ends[i] = end;
    into.rewards[i] = reward;
    into.discounts[i] = factor * (1 - (store.terminated[end] ?? Number.NaN));
  }
  gatherRows(store.observations, sizes.observationSize, rows, into.observations);
  gatherRows(store.actions, sizes.actionSize, rows, into.actions);
  gatherRows(store.nextObservations, sizes.observationSize, ends, into.nextObservations);
  gatherRows(store.terminated, 1, ends, into.terminated);
}
