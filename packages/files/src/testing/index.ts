export { failingFiles, systemError, type FailingFiles } from './failing-files.ts';
export { recordingFiles, type RecordingFiles } from './recording-files.ts';
