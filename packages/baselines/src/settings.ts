export { DDPG_SETTINGS } from './ddpg-settings.ts';
export type { DdpgConfig } from './ddpg-settings.ts';
export { checkSacConfig, SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
export { SQL_SETTINGS } from './sql-settings.ts';
export type { SqlConfig } from './sql-settings.ts';
export { checkTd3Config, TD3_SETTINGS } from './td3-settings.ts';
export type { Td3Config } from './td3-settings.ts';
