export { makeFolder } from './make-folder.ts';
export { metricsWriter, type MetricsWriter, type MetricsWriterOptions } from './metrics-writer.ts';
export type { TensorBoardEvent } from './tensorboard/event.ts';
export { decodeTensorBoard } from './tensorboard/read.ts';
export {
  tensorBoardWriter,
  type TensorBoardWriter,
  type TensorBoardWriterOptions,
} from './tensorboard/writer.ts';
