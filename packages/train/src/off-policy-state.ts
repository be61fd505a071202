import type { GeneratorState } from '@meow-rl/random';

import type { EpisodeTrackerState } from './episode-tracker.ts';
import type { RunningMeansState } from './running-means.ts';
import type { CollectorState } from './transition-collector.ts';

/**
 * Where an off-policy loop stands between two steps, as plain JSON. Together with the states of the agent, the environments
 * and the replay buffer it is all that the rest of a run depends on.
 */
export interface OffPolicyState {
  /** Environment steps taken. */
  readonly step: number;
  /** Gradient updates made. */
  readonly updates: number;
  /** Seconds of training so far, over all sittings. */
  readonly seconds: number;
  /** The generator of the warm-up's actions. */
  readonly exploration: GeneratorState;
  readonly collector: CollectorState;
  readonly episodes: EpisodeTrackerState;
  /** Of the updates since the last `metrics` event. */
  readonly means: RunningMeansState;
  /** Whether the evaluation of this step was stopped by the signal, to be made first where the run goes on. Default: false. */
  readonly evaluationDue?: boolean;
  /** Names of the warnings that were given, in their order. Default: none. */
  readonly warned?: readonly string[];
}
