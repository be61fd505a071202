export { createAgent } from './agent.ts';
export type { Agent, AgentOptions } from './agent.ts';
export type { CommonAgent } from './agent-core.ts';
export { createOnPolicyAgent } from './on-policy/on-policy-agent.ts';
export type { OnPolicyAgentOptions, RolloutAgent } from './on-policy/on-policy-agent.ts';
export { explainedVariance, generalizedAdvantages } from './on-policy/advantages.ts';
export type { Advantages, ValuedSteps } from './on-policy/advantages.ts';
export { algorithmStates, resolveAlgorithm, resolveOnPolicyAlgorithm, stateName } from './algorithm.ts';
export type { Algorithm, Group, OnPolicyAlgorithm } from './algorithm.ts';
export {
  criticProgram,
  densityProgram,
  modeProgram,
  rolloutProgram,
  sampleProgram,
  valueProgram,
} from './acting-programs.ts';
export { defineAlgorithm, defineOnPolicyAlgorithm } from './definition.ts';
export type {
  Acting,
  AlgorithmDefinition,
  Batch,
  BoundGroups,
  CommonDefinition,
  CommonSettings,
  DropoutPlan,
  LossInputs,
  NetworkGroups,
  OnPolicyActing,
  OnPolicyDefinition,
  Replayed,
  RolloutBatch,
  RolloutInput,
  RolloutLearning,
  SampledAction,
  Sizes,
  Stage,
  StageLoss,
} from './definition.ts';
export type { AgentDeployment } from './loaded-programs.ts';
export { NonFiniteError } from './errors.ts';
export { localUpdates } from './local-updates.ts';
export { normal, permutation, uniform } from './noise.ts';
export type { Noise } from './noise.ts';
export { wholeProgram } from './stage-programs.ts';
export type { BatchData, UpdateResult, Updates, UpdatesFactory, UpdatesSetup } from './updates.ts';
