export {
  replayBuffer,
  type ReplayBuffer,
  type ReplayBufferOptions,
  type ReplayBufferState,
} from './replay-buffer.ts';
export {
  emptyBatch,
  type TransitionBatch,
  type TransitionField,
  type Transitions,
  type TransitionSizes,
} from './transition-batch.ts';
