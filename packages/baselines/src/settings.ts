export { DDPG_SETTINGS } from './ddpg-settings.ts';
export type { DdpgConfig } from './ddpg-settings.ts';
export { checkPpoConfig, PPO_SETTINGS } from './ppo-settings.ts';
export type { PpoConfig } from './ppo-settings.ts';
export { checkSacConfig, SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
export { checkTd3Config, TD3_SETTINGS } from './td3-settings.ts';
export type { Td3Config } from './td3-settings.ts';
