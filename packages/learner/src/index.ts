export { createAgent } from './agent.ts';
export type { Agent, AgentOptions } from './agent.ts';
export { algorithmStates, resolveAlgorithm, stateName } from './algorithm.ts';
export type { Algorithm, Group } from './algorithm.ts';
export {
  criticProgram,
  densityProgram,
  modeProgram,
  sampleProgram,
  valueProgram,
} from './acting-programs.ts';
export { defineAlgorithm } from './definition.ts';
export type {
  Acting,
  AlgorithmDefinition,
  Batch,
  BoundGroups,
  CommonSettings,
  DropoutPlan,
  LossInputs,
  NetworkGroups,
  Replayed,
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
