import { describe, expect, it } from 'vitest';

import { modalityOf } from './modality.ts';

describe('modalityOf', () => {
  it('is even over goals that are reached alike', () => {
    const { shares, reached, entropy, evenness } = modalityOf([50, 50, 50, 50], 250);
    expect(shares).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(reached).toBe(0.8);
    expect(entropy).toBeCloseTo(Math.log(4), 14);
    expect(evenness).toBeCloseTo(1, 14);
  });

  it('is the entropy of uneven shares, and 0 of a single goal or none', () => {
    // scipy.stats.entropy([0.5, 0.25, 0.25, 0])
    expect(modalityOf([2, 1, 1, 0], 4).entropy).toBeCloseTo(1.0397207708399179, 14);
    expect(modalityOf([2, 1, 1, 0], 4).evenness).toBeCloseTo(0.75, 14);
    expect(modalityOf([7, 0], 7)).toEqual({ shares: [1, 0], reached: 1, entropy: 0, evenness: 0 });
    expect(modalityOf([0, 0], 9)).toEqual({ shares: [0, 0], reached: 0, entropy: 0, evenness: 0 });
  });
});
