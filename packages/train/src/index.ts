export type { ActOptions, Actor } from './contracts/actor.ts';
export type { Deployable, Deployment } from './contracts/deployable.ts';
export type { LearningAgent, MetricWarning, UpdateMetrics } from './contracts/learning-agent.ts';
export type { ExploredActions, OffPolicyAgent, ReplayedActions } from './contracts/off-policy-agent.ts';
export type { OnPolicyAgent, RolloutUpdate, SampledActions } from './contracts/on-policy-agent.ts';
export type { OnPolicyState } from './on-policy-state.ts';
export type { TrainOnPolicyOptions } from './on-policy-options.ts';
export { trainOnPolicy } from './train-on-policy.ts';
export { normalizedOnPolicyAgent } from './normalizers/normalized-on-policy-agent.ts';
export type { AgentState, Savable } from './contracts/savable.ts';
export { evaluate, type EvaluateOptions, type EvaluationResult } from './evaluate.ts';
export type {
  EpisodeEvent,
  EvaluationEvent,
  MetricsEvent,
  ProgressEvent,
  RestartEvent,
  Timing,
  TrainEvent,
  TrainingTiming,
  WarningEvent,
} from './events.ts';
export type { OffPolicyState } from './off-policy-state.ts';
export { restartSeed, seedFor, seedStreams, type SeedStream } from './seeds.ts';
export type { CheckpointSchedule, EvaluationSchedule, TrainOffPolicyOptions } from './off-policy-options.ts';
export { trainOffPolicy, type TrainResult } from './train-off-policy.ts';
export { TrainingError } from './training-error.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type NamedTensors,
  type SavedTensors,
} from '@meow-rl/safetensors';
export { composeLoggers, type LogPosition, type RunLogger } from './loggers/run-logger.ts';
export { scalarsOf } from './loggers/scalars.ts';
export {
  bootstrapInterval,
  improvementInterval,
  interquartileMean,
  mean,
  meanInterval,
  performanceProfile,
  probabilityOfImprovement,
  quantile,
  runScore,
  standardDeviation,
  type BootstrapOptions,
  type ConfidenceInterval,
  type RunScore,
  type Strata,
} from './statistics/index.ts';
export { normalizedAgent, type NormalizedAgentOptions } from './normalizers/normalized-agent.ts';
export {
  observationNormalizer,
  type ObservationNormalizer,
  type ObservationNormalizerOptions,
  type ObservationScaling,
} from './normalizers/observation-normalizer.ts';
export {
  rewardScaler,
  type RewardScaler,
  type RewardScalerOptions,
  type RewardScalerState,
} from './normalizers/reward-scaler.ts';
export { runningMoments, type MomentsState, type RunningMoments } from './normalizers/running-moments.ts';
export type { Collected, LostSteps } from './transition-collector.ts';
