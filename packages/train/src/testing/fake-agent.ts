import type { TransitionBatch } from '@meow-rl/replay';

import type { MetricWarning, UpdateMetrics } from '../contracts/learning-agent.ts';
import type { OffPolicyAgent } from '../contracts/off-policy-agent.ts';

/** Options of {@link fakeAgent}. */
export interface FakeAgentOptions {
  readonly observationSize?: number;
  readonly actionSize?: number;
  /** What update number k, counted from 1, reports. Default: the mean reward of the batch. */
  readonly metrics?: (batch: TransitionBatch, update: number) => UpdateMetrics;
  /** Default: none. */
  readonly warnings?: Readonly<Record<string, MetricWarning>>;
}

/** A {@link fakeAgent} and what was asked of it. */
export interface FakeAgent extends OffPolicyAgent {
  /** The `deterministic` of every call of `act`. */
  readonly acts: boolean[];
  /** Calls of `update` so far. */
  readonly updates: number;
}

const meanReward = ({ rewards }: TransitionBatch): UpdateMetrics => ({
  batchReward: rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
});

/** Test double of an agent: the action is 0.01 times the row's second observation entry, and nothing is learned. */
export function fakeAgent({
  observationSize = 2,
  actionSize = 1,
  metrics = meanReward,
  warnings,
}: FakeAgentOptions = {}): FakeAgent {
  const acts: boolean[] = [];
  let updates = 0;
  return {
    algorithm: 'fake',
    observationSize,
    actionSize,
    acts,
    ...(warnings && { warnings }),
    get updates() {
      return updates;
    },
    async act(observations, { deterministic }) {
      acts.push(deterministic);
      const rows = observations.length / observationSize;
      return Float32Array.from(
        { length: rows * actionSize },
        (_, i) => 0.01 * (observations[Math.floor(i / actionSize) * observationSize + 1] ?? Number.NaN),
      );
    },
    async update(batch) {
      updates += 1;
      return metrics(batch, updates);
    },
    async dispose() {},
  };
}
