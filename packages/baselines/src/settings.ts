export { checkSacConfig, SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
export { checkPpoConfig, PPO_SETTINGS } from './ppo-settings.ts';
export type { PpoConfig } from './ppo-settings.ts';
