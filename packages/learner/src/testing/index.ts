export { describeUpdates, ENGINES, PLACES } from './describe-updates.ts';
export type { UpdatesContractOptions } from './describe-updates.ts';
export { deterministicActorCritic } from './deterministic-actor-critic.ts';
export { expectAgreement, expectParameters, GOLDEN_RUNTIMES, readGolden } from './golden.ts';
export type { GoldenParameters } from './golden.ts';
export { randomBatch } from './random-batch.ts';
export { randomValues } from './random-values.ts';
export { stageRunner } from './run-stages.ts';
export type { StageRunner } from './run-stages.ts';
