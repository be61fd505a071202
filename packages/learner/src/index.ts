export { resolveSettings } from './settings/index.ts';
