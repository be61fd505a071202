/** How a stochastic policy spreads over the goals that it can reach. */
export interface Modality {
  /** Share of each goal among the episodes that reached one; 0 where none did. */
  readonly shares: readonly number[];
  /** Share of the episodes that reached a goal. */
  readonly reached: number;
  /** Entropy of the shares in nats: 0 for one goal, log n for n goals alike. */
  readonly entropy: number;
  /** Entropy over its maximum log n: 1 where all goals are reached alike. */
  readonly evenness: number;
}

/**
 * Modality of episodes by their goal: `H = −Σ pᵢ log pᵢ` over the shares pᵢ of the goals.
 *
 * @param reachedByGoal episodes that ended at each goal
 * @param episodes all of them, those that reached none included
 */
export function modalityOf(reachedByGoal: readonly number[], episodes: number): Modality {
  const reached = reachedByGoal.reduce((sum, count) => sum + count, 0);
  const shares = reachedByGoal.map((count) => (reached === 0 ? 0 : count / reached));
  const entropy = shares.reduce((sum, share) => (share === 0 ? sum : sum - share * Math.log(share)), 0);
  return {
    shares,
    reached: episodes === 0 ? 0 : reached / episodes,
    entropy,
    evenness: shares.length < 2 ? 0 : entropy / Math.log(shares.length),
  };
}
