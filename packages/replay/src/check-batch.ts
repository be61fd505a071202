import {
  transitionFields,
  type BatchExtra,
  type TransitionBatch,
  type TransitionSizes,
} from './transition-batch.ts';

/**
 * Throws unless `into` has exactly the arrays that a buffer fills with n transitions.
 *
 * @throws RangeError naming the array
 */
export function checkBatch(
  into: TransitionBatch,
  n: number,
  sizes: TransitionSizes,
  extras: readonly BatchExtra[],
): void {
  const single = (['discounts', ...extras] as const).map((field) => [field, 1] as const);
  const widths = [...transitionFields(sizes), ...single];
  for (const [field, width] of widths) {
    const entries = into[field]?.length ?? 0;
    if (entries === n * width) continue;
    throw new RangeError(
      `replay: sample(n, into) got into.${field} of ${entries} entries, expected ${n * width}. ` +
        `Make it with emptyBatch(${n}, buffer, buffer.extras).`,
    );
  }
  // An array that the buffer doesn't fill would pass old numbers off as new ones.
  for (const extra of ['weights', 'indices'] as const) {
    if (!into[extra] || extras.includes(extra)) continue;
    throw new RangeError(
      `replay: sample(n, into) got into.${extra}, which this buffer doesn't fill. ` +
        `Make it with emptyBatch(${n}, buffer, buffer.extras).`,
    );
  }
}
