export {
  bootstrapInterval,
  type BootstrapOptions,
  type ConfidenceInterval,
  type Strata,
} from './bootstrap.ts';
export { interquartileMean } from './interquartile-mean.ts';
export { meanInterval } from './mean-interval.ts';
export { mean, quantile, standardDeviation } from './moments.ts';
export { performanceProfile } from './performance-profile.ts';
export { improvementInterval, probabilityOfImprovement } from './probability-of-improvement.ts';
export { runScore, type RunScore } from './run-score.ts';
