/** Random streams of an agent's seed, so that no two uses of randomness share numbers. */
export const STREAM = { weights: 0, noise: 1, dropoutOffsets: 2, dropoutMasks: 3 } as const;
