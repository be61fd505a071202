export { brokenEnv, type Breach } from './broken-env.ts';
export { countingEnv } from './counting-env.ts';
export { describeEnv } from './describe-env.ts';
export { describeVectorEnv, type VectorEnvSuite } from './describe-vector-env.ts';
export { numbersIn, shapeOf } from '../workers/info-shape.ts';
export { INFO_WIDTH } from '../workers/shared-block.ts';
