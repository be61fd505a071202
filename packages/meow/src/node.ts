export { threadedLearner } from './learner/threaded-learner.ts';
export type { ThreadedLearnerOptions } from './learner/threaded-learner.ts';
