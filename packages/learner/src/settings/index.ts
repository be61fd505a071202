export { batchSize, gamma, gradClip, learningRate, tau } from './common.ts';
export { between, count, fromBelow, integer, number, oneOf, toggle, widths } from './setting.ts';
export type { Range, Setting, SettingDescription } from './setting.ts';
export { defaultsOf, formerValuesOf, hasEffect, resolveConfig, resolveSettings } from './table.ts';
export type { ConfigRules, SettingsOf, SettingsTable } from './table.ts';
