export { metricsWriter, type MetricsWriter } from './metrics-writer.ts';
