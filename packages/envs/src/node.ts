export {
  workerVectorEnv,
  type WorkerVectorEnv,
  type WorkerVectorEnvOptions,
} from './workers/worker-vector-env.ts';
