export type { ActOptions, Agent, AgentState, SavableAgent, UpdateMetrics } from './agent.ts';
export { evaluate, type EvaluateOptions, type EvaluationResult } from './evaluate.ts';
export type {
  EpisodeEvent,
  EvaluationEvent,
  MetricsEvent,
  ProgressEvent,
  Timing,
  TrainEvent,
} from './events.ts';
export type { OffPolicyState } from './off-policy-state.ts';
export { seedFor, seedStreams, type SeedStream } from './seeds.ts';
export {
  trainOffPolicy,
  type CheckpointSchedule,
  type EvaluationSchedule,
  type TrainOffPolicyOptions,
  type TrainResult,
} from './train-off-policy.ts';
export { decodeSafetensors, encodeSafetensors, type NamedTensors, type SavedTensors } from './safetensors.ts';
