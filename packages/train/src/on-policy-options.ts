import type { RolloutBuffer } from '@meow-rl/replay';

import type { OnPolicyAgent } from './contracts/on-policy-agent.ts';
import type { CheckpointSchedule, TrainOffPolicyOptions } from './off-policy-options.ts';
import type { OnPolicyState } from './on-policy-state.ts';

/** Options of `trainOnPolicy`. */
export interface TrainOnPolicyOptions extends Pick<
  TrainOffPolicyOptions,
  'env' | 'evaluate' | 'seed' | 'signal' | 'onEvent' | 'restartEnvironments'
> {
  readonly agent: OnPolicyAgent;
  /** As many sub-environments as `env` has, and as many steps as the agent learns from at once. */
  readonly rollout: RolloutBuffer;
  /**
   * Environment steps in all, each sub-environment's counted; the last vector step may exceed it. What is left of a rollout at
   * the end isn't learned from: `steps` should be a multiple of a rollout's, and is at least one. Schedules of the agent go by it.
   */
  readonly steps: number;
  /** Environment steps after which the next update is followed by a `metrics` event. Default: 1000. */
  readonly logEvery?: number;
  /** The state to be saved holds a rollout that has begun: that of the buffer belongs to it. Default: none. */
  readonly checkpoint?: CheckpointSchedule<OnPolicyState>;
  /**
   * Continues from a saved state instead of beginning. Agent, environments and rollout buffer have to be restored to the same
   * moment, and what trains has to be the same: then everything goes on to the same bits. With another number of `steps` that
   * holds where the agent has no schedule.
   */
  readonly resume?: OnPolicyState | undefined;
}
