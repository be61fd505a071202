import { gatherRows } from './gather-rows.ts';
import { transitionFields, type TransitionBatch, type TransitionSizes } from './transition-batch.ts';
import type { StoredTransitions } from './transition-ring.ts';

/** Fills a batch with the transitions in `rows` as they are stored, each with its discount γ (1 − terminated). */
export function gatherSingleSteps(
  store: StoredTransitions,
  rows: Int32Array,
  discount: number,
  sizes: TransitionSizes,
  into: TransitionBatch,
): void {
  for (const [field, width] of transitionFields(sizes)) gatherRows(store[field], width, rows, into[field]);
  for (let i = 0; i < rows.length; i += 1) {
    into.discounts[i] = discount * (1 - (into.terminated[i] ?? Number.NaN));
  }
}
