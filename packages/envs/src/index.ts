export { affineMap, type AffineMap } from './affine-map.ts';
export { box, sameBox, type Box, type BoxOptions } from './box.ts';
export { decodeNumbers, encodeNumbers, envState, restoreEnv, type ResumableEnv } from './env-state.ts';
export { checkActions, checkMask, checkNoneFinished, type ActionCheck } from './check-actions.ts';
export { clipAction } from './clip-action.ts';
export { checkedReset, checkedStep } from './checked-env.ts';
export { createEnv, type Dynamics, type TypedEnv } from './create-env.ts';
export { envFactoryOf, makeFactoryEnvs, type EnvFactory, type FactoryEnvOptions } from './env-factory.ts';
export type { Env, EnvState, Info, Json, ResetRequest, ResetResult, StepResult } from './env.ts';
export { episodeGuard, type EpisodeGuard, type EpisodePhase } from './episode-guard.ts';
export { episodeStatistics, type EpisodeStatistics } from './episode-statistics.ts';
export {
  vectorEnv,
  type LocalVectorEnv,
  type VectorEnvFactoryOptions,
  type VectorEnvOptions,
} from './local-vector-env.ts';
export { joinVectorEnvs } from './joined-vector-env.ts';
export { builtinEnvs, makeEnv, type EnvRegistry, type EnvSpec, type MakeEnvOptions } from './make-env.ts';
export {
  multiGoal,
  multiGoalDefaults,
  type MultiGoalEnv,
  type MultiGoalInfo,
  type MultiGoalOptions,
  type MultiGoalResetOptions,
  type Point,
} from './multi-goal.ts';
export { pendulum, type PendulumEnv, type PendulumOptions, type PendulumResetOptions } from './pendulum.ts';
export { prepareEnv, type PrepareEnvOptions } from './prepare-env.ts';
export { restAfterEpisode } from './rest-after-episode.ts';
export { rescaleAction } from './rescale-action.ts';
export { timeLimit } from './time-limit.ts';
export { AUTORESET_MODES, type AutoresetMode } from './autoreset-mode.ts';
export type {
  Awaitable,
  RowState,
  VectorEnv,
  VectorEnvState,
  VectorResetRequest,
  VectorResetResult,
  VectorStepResult,
} from './vector-env.ts';
export { rowStates, type VectorShape } from './vector-state.ts';
export { clipVectorAction, rescaleVectorAction } from './vector-actions.ts';
export { wrapEnv } from './wrap-env.ts';
