export { batchSize, gamma, gradClip, learningRate, tau } from './common.ts';
export { between, count, fromBelow, integer, number, oneOf, toggle, widths } from './setting.ts';
export type { Range, Setting, SettingDescription } from './setting.ts';
export { defaultsOf, formerValuesOf, resolveSettings } from './table.ts';
export type { SettingsOf, SettingsTable } from './table.ts';
