export { createSacAgent } from './create-sac-agent.ts';
export type { SacAgent, SacAgentOptions } from './create-sac-agent.ts';
export { createSqlAgent } from './create-sql-agent.ts';
export type { SqlAgent, SqlAgentOptions } from './create-sql-agent.ts';
export { policyLoss, sac, softQ, softQLoss, softQTarget } from './sac.ts';
export type { SacNetworks } from './sac.ts';
export { SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
export {
  nextSoftValue,
  sampledAction,
  samplerLoss,
  sql,
  sqlCriticLoss,
  sqlQ,
  steinDirections,
} from './sql.ts';
export type { SqlNetworks } from './sql.ts';
export { SQL_SETTINGS } from './sql-settings.ts';
export type { SqlConfig } from './sql-settings.ts';
