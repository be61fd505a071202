import type { Env } from './env.ts';

type Step = Env['step'];

// By the function, so that an environment that is copied and given another step doesn't keep it.
const uncheckedSteps = new WeakMap<Step, Step>();

/**
 * Remembers of a step what it does after it has checked its action.
 *
 * @param step      for every caller
 * @param unchecked for those that have checked the action themselves
 * @returns `step`
 */
export function withUncheckedStep<S extends Step>(step: S, unchecked: S): S {
  uncheckedSteps.set(step, unchecked);
  return step;
}

/** The step of `env` for actions that were checked: the right size, finite entries. What isn't of this package checks again. */
export const uncheckedStep = (env: Env): Step =>
  uncheckedSteps.get(env.step) ?? ((action) => env.step(action));

/** A wrapper's step around the step of `env`, both for callers that have checked the action and for others. */
export const wrappedStep = (env: Env, around: (step: Step) => Step): Step =>
  withUncheckedStep(
    around((action) => env.step(action)),
    around(uncheckedStep(env)),
  );
