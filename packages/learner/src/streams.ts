/** Which stream of the seed draws what. Saved runs depend on the numbers. */
export const STREAM = { weights: 0, acting: 1, updates: 2, dropoutMasks: 3 } as const;
