export { isaacVectorEnv, type IsaacVectorEnvOptions } from './isaac-vector-env.ts';
export type { Launch } from './launch.ts';
