import type { LearnerState } from '../apply-gradient.ts';

/** Something for each part of a learner's state. */
export const eachState = <T>(make: (name: LearnerState) => T): Record<LearnerState, T> => ({
  parameters: make('parameters'),
  target: make('target'),
  firstMoment: make('firstMoment'),
  secondMoment: make('secondMoment'),
  firstWeight: make('firstWeight'),
  secondWeight: make('secondWeight'),
});
