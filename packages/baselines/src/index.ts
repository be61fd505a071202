export { createSacAgent } from './create-sac-agent.ts';
export type { SacAgent, SacAgentOptions } from './create-sac-agent.ts';
export { policyLoss, sac, softQ, softQLoss, softQTarget } from './sac.ts';
export type { SacNetworks } from './sac.ts';
export { SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
