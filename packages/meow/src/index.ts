export { createMeowAgent } from './agent.ts';
export type { MeowAgent, MeowAgentOptions } from './agent.ts';
export { MEOW_DEFAULTS, resolveMeowConfig } from './config.ts';
export type { MeowConfig } from './config.ts';
export { NonFiniteError } from './errors.ts';
export { meowModel, pessimistic } from './model.ts';
export type { BoundModel, MeowModel, Sizes } from './model.ts';
export { MEOW_PRESETS, PRESET_OF_ENVIRONMENT } from './presets.ts';
export type { MeowPreset, MeowPresetName } from './presets.ts';
export {
  criticProgram,
  modeProgram,
  sampleProgram,
  sampleWithLogProbProgram,
  valueProgram,
} from './programs.ts';
export { softTarget, updateProgram } from './update.ts';
export type { UpdateInput, UpdateMetric, UpdateProgram } from './update.ts';
