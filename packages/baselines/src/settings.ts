export { checkSacConfig, SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
export { SQL_SETTINGS } from './sql-settings.ts';
export type { SqlConfig } from './sql-settings.ts';
