export { makeVectorEnv, type MakeVectorEnvOptions } from './make-vector-env.ts';
