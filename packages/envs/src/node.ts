export type { WorkerVectorEnvOptions } from './workers/worker-options.ts';
export { workerVectorEnv, type WorkerVectorEnv } from './workers/worker-vector-env.ts';
