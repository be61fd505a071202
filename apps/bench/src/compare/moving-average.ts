import { mean } from '@meow-rl/train';

/** Each value averaged with those before it, `window` in all, fewer at the beginning. A window of 1 leaves them as they are. */
export const movingAverage = (values: readonly number[], window: number): number[] =>
  values.map((value, i) => (window === 1 ? value : mean(values.slice(Math.max(0, i + 1 - window), i + 1))));
