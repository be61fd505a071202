export { countingEnv } from './counting-env.ts';
export { describeEnv } from './describe-env.ts';
