export { DamagedReplayError } from './store/damaged-replay-error.ts';
export type { ReplayManifest, StoredChunk, StoredFile } from './store/manifest.ts';
export { replayStore, type ReplayStore, type ReplayStoreOptions } from './store/replay-store.ts';
