export {
  createDdpgAgent,
  createPpoAgent,
  createSacAgent,
  createSqlAgent,
  createTd3Agent,
} from './create-agents.ts';
export type {
  DdpgAgent,
  DdpgAgentOptions,
  PpoAgent,
  PpoAgentOptions,
  SacAgent,
  SacAgentOptions,
  SqlAgent,
  SqlAgentOptions,
  Td3Agent,
  Td3AgentOptions,
} from './create-agents.ts';
export { qLoss, qValues } from './critics.ts';
export type { Critics } from './critics.ts';
export { ddpg, deterministicTarget } from './ddpg.ts';
export type { DdpgNetworks } from './ddpg.ts';
export { DDPG_SETTINGS } from './ddpg-settings.ts';
export type { DdpgConfig } from './ddpg-settings.ts';
export { deterministicPolicyLoss } from './deterministic-policy.ts';
export type { DeterministicNetworks, DeterministicPolicy } from './deterministic-policy.ts';
export { normalizedAdvantages, ppo, ppoLoss, surrogateLoss, valueLoss } from './ppo.ts';
export type { PpoNetworks } from './ppo.ts';
export { PPO_SETTINGS } from './ppo-settings.ts';
export type { PpoConfig } from './ppo-settings.ts';
export { sac, softPolicyLoss, softQTarget } from './sac.ts';
export type { SacNetworks } from './sac.ts';
export { SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
export { sampledAction, samplerLoss, softQLearningTarget, sql, steinDirections } from './sql.ts';
export type { SqlNetworks } from './sql.ts';
export { SQL_SETTINGS } from './sql-settings.ts';
export type { SqlConfig } from './sql-settings.ts';
export { clippedDoubleQTarget, smoothedAction, td3 } from './td3.ts';
export type { Td3Networks } from './td3.ts';
export { TD3_SETTINGS } from './td3-settings.ts';
export type { Td3Config } from './td3-settings.ts';
