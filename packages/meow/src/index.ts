export { createMeowAgent } from './agent.ts';
export type { MeowAgent, MeowAgentOptions } from './agent.ts';
export { meowLoss, policyEntropy, softTarget } from './loss.ts';
export type { MeowGroups } from './loss.ts';
export { meow } from './meow.ts';
export { meowNetworks, pessimistic } from './networks.ts';
export type { MeowNetworks } from './networks.ts';
export { checkMeowConfig, MEOW_DEFAULTS, MEOW_SETTINGS, resolveMeowConfig } from './settings.ts';
export type { MeowConfig } from './settings.ts';
