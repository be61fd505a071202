export { checkLogPosition } from './loggers/check-log-position.ts';
export { FolderInUseError } from './folder-lock/folder-in-use-error.ts';
export { FOLDER_LOCK, lockFolder, type FolderLock } from './folder-lock/folder-lock.ts';
export { readLockFile, type LockRecord } from './folder-lock/lock-file.ts';
export type { ProcessIdentity } from './folder-lock/process-identity.ts';
export { removeEmpty } from './remove-empty.ts';
export { CheckpointError, type CheckpointProblem } from './run-checkpoints/checkpoint-error.ts';
export { chooseCheckpoint, type CheckpointChoice } from './run-checkpoints/choose-checkpoint.ts';
export { damagedCheckpoint } from './run-checkpoints/damaged-checkpoint.ts';
export { deleteCheckpoints } from './run-checkpoints/delete-checkpoints.ts';
export {
  openRunCheckpoints,
  type RunCheckpoints,
  type RunCheckpointsOptions,
  type SaveOptions,
} from './run-checkpoints/open-run-checkpoints.ts';
export { restoreAgent, restoreRun, type RestoredRun } from './run-checkpoints/restore-run.ts';
export type { RunParts } from './run-checkpoints/run-parts.ts';
export { savedNormalizer, savedObservations, savedSettings } from './run-checkpoints/saved-run.ts';
export { metricsWriter, type MetricsWriter, type MetricsWriterOptions } from './metrics-writer.ts';
export type { TensorBoardEvent } from './tensorboard/event.ts';
export { decodeTensorBoard } from './tensorboard/read.ts';
export {
  tensorBoardWriter,
  type TensorBoardWriter,
  type TensorBoardWriterOptions,
} from './tensorboard/writer.ts';
export {
  CHECKPOINT_FILES,
  checkpointFolder,
  listCheckpoints,
  readCheckpoint,
  type Checkpoint,
} from './checkpoints/checkpoint.ts';
export {
  bestCheckpoint,
  openCheckpointStore,
  type CheckpointStore,
  type CheckpointStoreOptions,
  type KeptCheckpoint,
} from './checkpoints/checkpoint-store.ts';
