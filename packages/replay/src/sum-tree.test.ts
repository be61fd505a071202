import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { sumTree } from './sum-tree.ts';

const fromLeaves = (leaves: Float64Array) => {
  const tree = sumTree(leaves.length);
  tree.setAll(leaves);
  return tree;
};

describe('sumTree', () => {
  it.each([1, 2, 3, 8, 13])(
    'finds every leaf of %i by its part of the total, to the last bit',
    (capacity) => {
      // Multiples of 1/8: their sums are exact, so the borders between leaves are known.
      const leaves = Float64Array.from({ length: capacity }, (_, i) => ((i * 5) % 4) / 8 + (i === 0 ? 1 : 0));
      const tree = fromLeaves(leaves);
      let start = 0;
      for (const [i, value] of leaves.entries()) {
        expect(tree.get(i)).toBe(value);
        if (value === 0) continue;
        expect(tree.find(start)).toBe(i);
        expect(tree.find(start + value - 2 ** -40)).toBe(i);
        start += value;
      }
      expect(tree.total).toBe(start);
    },
  );

  it('holds no rounding error after two million changes: each bit as in a new tree', () => {
    const generator = createGenerator(1);
    const leaves = new Float64Array(100);
    const tree = sumTree(100);
    for (let i = 0; i < 2_000_000; i += 1) {
      const leaf = generator.integer(100);
      const value = 10 ** (16 * generator.uniform() - 8); // sums of these round at every addition
      leaves[leaf] = value;
      tree.set(leaf, value);
    }
    const fresh = fromLeaves(leaves);
    expect(tree.total).toBe(fresh.total);
    for (let i = 0; i < 1000; i += 1) {
      const point = generator.uniform() * tree.total;
      expect(tree.find(point)).toBe(fresh.find(point));
    }
    const exact = leaves.toSorted().reduce((sum, value) => sum + value, 0);
    expect(Math.abs(tree.total / exact - 1)).toBeLessThan(1e-14);
    leaves.fill(0);
    for (let leaf = 0; leaf < 100; leaf += 1) tree.set(leaf, 0);
    expect(tree.total).toBe(0);
  });

  it('never finds a leaf of 0, even where rounding passes the end', () => {
    const generator = createGenerator(2);
    for (let round = 0; round < 300; round += 1) {
      const leaves = Float64Array.from({ length: 21 }, () =>
        generator.uniform() < 0.7 ? 0 : 10 ** (20 * generator.uniform() - 10),
      );
      leaves[round % 21] = 1e-3;
      const tree = fromLeaves(leaves);
      for (const share of [0, 0.3, generator.uniform(), 1 - 2 ** -53, 1]) {
        expect(leaves[tree.find(share * tree.total)]).toBeGreaterThan(0);
      }
    }
  });
});
