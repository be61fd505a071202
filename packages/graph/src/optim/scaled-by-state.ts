import { mul } from '../ops/arithmetic.ts';
import type { GradientTransformation } from './gradient-transformation.ts';

/** Name of the state of {@link scaledByState}. */
export const SCALE_STATE = 'scale/factor';

/**
 * Multiplies steps by a factor that stands in a state, `c · u`: whoever holds the store writes it, for instance to lower the
 * learning rate as training goes on. It is 1 at the start.
 */
export const scaledByState = (): GradientTransformation<typeof SCALE_STATE> => ({
  readsNorm: false,
  init: () => ({ [SCALE_STATE]: { shape: [], initial: [1] } }),
  update: (updates, { [SCALE_STATE]: factor }) => ({
    updates: mul(factor, updates),
    state: { [SCALE_STATE]: factor },
  }),
});
