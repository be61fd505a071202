import type { TransitionBatch } from '@meow-rl/replay';

import type { OffPolicyAgent } from '../contracts/off-policy-agent.ts';

/** A {@link tabularAgent} and what it has learned. */
export interface TabularAgent extends OffPolicyAgent {
  /** Value of each state. */
  readonly values: readonly number[];
}

/** An entry known to be there. */
const at = (values: Float32Array, i: number): number => values[i] ?? Number.NaN;

/**
 * Learns the value of each state under its one policy, which is to do nothing: TD(0) on a table.
 *
 *     V(s) ← V(s) + η (r + d V(s′) − V(s)), d the batch's discounts
 *
 * @param states number of states; the first entry of an observation names one
 */
export function tabularAgent({ states, rate }: { states: number; rate: number }): TabularAgent {
  const values = Array.from({ length: states }, () => 0);
  return {
    algorithm: 'tabular',
    observationSize: 1,
    actionSize: 1,
    values,
    act: async (observations) => new Float32Array(observations.length),
    async update({ observations, rewards, nextObservations, discounts }: TransitionBatch) {
      for (const [i, reward] of rewards.entries()) {
        const [from, to] = [at(observations, i), at(nextObservations, i)];
        const follows = at(discounts, i) * (values[to] ?? Number.NaN);
        const value = values[from] ?? Number.NaN;
        values[from] = value + rate * (reward + follows - value);
      }
      return {};
    },
    async dispose() {},
  };
}
