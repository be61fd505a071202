export { checkSacConfig, SAC_SETTINGS } from './sac-settings.ts';
export type { SacConfig } from './sac-settings.ts';
