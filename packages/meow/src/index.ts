export { createMeowAgent } from './agent.ts';
export type { MeowAgent, MeowAgentOptions, MeowBatch, MeowMetrics } from './agent.ts';
export { applyGradient, learnerState } from './apply-gradient.ts';
export type { LearnerState, StepMetric } from './apply-gradient.ts';
export { MEOW_DEFAULTS, resolveMeowConfig } from './settings.ts';
export type { MeowConfig } from './settings.ts';
export { NonFiniteError } from './errors.ts';
export { gradientInputs, meowGradient, softTarget } from './gradient.ts';
export type { GradientInput, GradientMetric, GradientOptions, MeowGradient } from './gradient.ts';
export type {
  Learner,
  LearnerBatch,
  LearnerFactory,
  LearnerResult,
  LearnerSetup,
} from './learner/learner.ts';
export { meowModel, pessimistic } from './model.ts';
export type { BoundModel, MeowModel, Sizes } from './model.ts';
export {
  criticProgram,
  modeProgram,
  sampleProgram,
  sampleWithLogProbProgram,
  valueProgram,
} from './programs.ts';
export { applyProgram, gradientProgram, updateProgram } from './update.ts';
export type { GradientProgram, UpdateInput, UpdateMetric, UpdateProgram } from './update.ts';
