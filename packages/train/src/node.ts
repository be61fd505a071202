export { makeFolder } from './make-folder.ts';
export { metricsWriter, type MetricsWriter } from './metrics-writer.ts';
