export { withoutFused } from './default-runtime/without-fused.ts';
export { threadedUpdates } from './threads/threaded-updates.ts';
export type { ThreadedUpdatesOptions } from './threads/threaded-updates.ts';
