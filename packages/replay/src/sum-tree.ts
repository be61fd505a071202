/** Non-negative numbers whose sum is always known, and which can be searched by their cumulative sum. */
export interface SumTree {
  /** The sum of all leaves. */
  readonly total: number;
  /** The value of a leaf. */
  get(index: number): number;
  /** Leaves [from, to), to be read at once. */
  leaves(from: number, to: number): Float64Array;
  /** Sets a leaf, in about log2(leaves) additions. */
  set(index: number, value: number): void;
  /** Sets leaf i to `values[i]` and all behind them to 0. */
  setAll(values: ArrayLike<number>): void;
  /**
   * The leaf that `point` falls on when the leaves lie end to end, leaf i as long as its value: the least i with
   * `point < v_0 + ... + v_i`. A leaf of value 0 is never found, whatever the rounding.
   *
   * @param point in [0, total), and the total above 0
   */
  find(point: number): number;
}

/**
 * A complete binary tree in one array: node i is the sum of nodes 2i and 2i + 1, node 1 is the total.
 *
 * A change recomputes the sums above it instead of adding the difference to them. So every node is at all times the
 * rounded sum of its two children: nothing drifts however often leaves change, nothing ever has to be rebuilt, and
 * equal leaves mean equal bits in every node.
 *
 * @param capacity leaves; memory is 16 bytes for each, rounded up to a power of two
 *
 * Reference: Schaul et al., Prioritized experience replay (2016), appendix B.2.1.
 */
export function sumTree(capacity: number): SumTree {
  const start = leafCount(capacity);
  const nodes = new Float64Array(2 * start);
  const at = (node: number): number => nodes[node] ?? Number.NaN;

  return {
    get total() {
      return at(1);
    },
    get: (index) => at(start + index),
    leaves: (from, to) => nodes.subarray(start + from, start + to),
    set(index, value) {
      nodes[start + index] = value;
      for (let node = (start + index) >>> 1; node >= 1; node >>>= 1) {
        nodes[node] = at(2 * node) + at(2 * node + 1);
      }
    },
    setAll(values) {
      nodes.fill(0);
      nodes.set(values, start);
      for (let node = start - 1; node >= 1; node -= 1) nodes[node] = at(2 * node) + at(2 * node + 1);
    },
    find(point) {
      let node = 1;
      let pointInNode = point;
      while (node < start) {
        const left = at(2 * node);
        // To the right only where something is: `pointInNode` may have been rounded past the last leaf.
        const goRight = pointInNode >= left && at(2 * node + 1) > 0;
        if (goRight) pointInNode -= left;
        node = 2 * node + Number(goRight);
      }
      return node - start;
    },
  };
}

/** Leaves of the tree of `capacity`: a power of two, and at least 2, so that a node 1 is above them. */
export const leafCount = (capacity: number): number => 2 ** Math.max(1, Math.ceil(Math.log2(capacity)));
