export type { ReplayBufferHead, ReplayBufferPart, ReplayBufferState } from './buffer-state.ts';
export type { TransitionOrigins } from './episode-links.ts';
export type { BetaSchedule, PrioritizedOptions, SavedPriorities } from './prioritized.ts';
export { replayBufferBytes } from './replay-buffer-bytes.ts';
export { replayBuffer, type ReplayBuffer } from './replay-buffer.ts';
export type { ReplayBufferOptions } from './replay-buffer-options.ts';
export type { Rollout } from './rollout.ts';
export { rolloutBufferBytes } from './rollout-buffer-bytes.ts';
export { rolloutBuffer, type RolloutBuffer } from './rollout-buffer.ts';
export type { ActedValues, RolloutBufferOptions, RolloutBufferState } from './rollout-state.ts';
export {
  emptyBatch,
  type BatchExtra,
  type TransitionBatch,
  type TransitionField,
  type TransitionRows,
  type Transitions,
  type TransitionSizes,
} from './transition-batch.ts';
export type { ObservationStorage } from './transition-ring.ts';
