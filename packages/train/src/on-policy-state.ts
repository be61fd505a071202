import type { OffPolicyState } from './off-policy-state.ts';

/**
 * Where an on-policy loop stands between two steps, as plain JSON. Together with the states of the agent, the environments
 * and the rollout buffer it is all that the rest of a run depends on.
 */
export interface OnPolicyState extends Pick<
  OffPolicyState,
  'step' | 'updates' | 'seconds' | 'collector' | 'episodes' | 'means' | 'evaluationDue'
> {
  /** The step at which the present rollout was begun. */
  readonly rolloutBegan: number;
  /** Whether metrics are due, to be told after the next update. */
  readonly metricsDue: boolean;
}
