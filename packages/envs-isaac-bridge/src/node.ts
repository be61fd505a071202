export { isaacVectorEnv, type IsaacVectorEnvOptions } from './isaac-vector-env.ts';
export { PYTHON_SOURCES, type Launch } from './launch.ts';
