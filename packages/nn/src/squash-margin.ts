import { clip } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/** How far from ±1 squashed actions are kept, so that atanh stays finite. */
export const SQUASH_MARGIN = 1e-5;

/** Actions, moved inside ±(1 − `SQUASH_MARGIN`). */
export const insideSquash = (action: Tensor): Tensor => clip(action, -1 + SQUASH_MARGIN, 1 - SQUASH_MARGIN);
