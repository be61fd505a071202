import { createGenerator, entropySeed, type Generator } from '@meow-rl/random';

import type { Box } from './box.ts';
import type { Env, Info, ResetRequest, ResetResult, StepResult } from './env.ts';
import { episodeGuard } from './episode-guard.ts';

/** What is particular to a task; {@link createEnv} adds what all have in common. */
export interface Dynamics<Options extends object, ResetInfo extends Info, StepInfo extends Info> {
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  /** Begins an episode, drawing all randomness from `generator`. */
  start(generator: Generator, options: Partial<Options>): ResetResult<ResetInfo>;
  /** One step. `action` has the right size and finite entries; it is reused, so copy it to keep it. */
  advance(action: Float64Array, generator: Generator): StepResult<StepInfo>;
  /** Frees what the task holds; called once. */
  release?(): void;
}

/** An environment that knows its own reset options and info. */
export interface TypedEnv<Options extends object, ResetInfo extends Info, StepInfo extends Info> extends Env {
  reset(request?: ResetRequest & { readonly options?: Partial<Options> }): ResetResult<ResetInfo>;
  step(action: ArrayLike<number>): StepResult<StepInfo>;
}

/**
 * Makes an environment of a task's dynamics: its own seeded generator, checked actions, and errors for calls that
 * come out of turn. Until a reset is given a seed, the generator has one from the platform's entropy.
 */
export function createEnv<Options extends object, ResetInfo extends Info, StepInfo extends Info>(
  dynamics: Dynamics<Options, ResetInfo, StepInfo>,
): TypedEnv<Options, ResetInfo, StepInfo> {
  const { id, observationSpace, actionSpace } = dynamics;
  const guard = episodeGuard(id);
  const ownAction = new Float64Array(actionSpace.size);
  // Unpredictable until a reset is given a seed.
  let generator = createGenerator(entropySeed());

  return {
    id,
    observationSpace,
    actionSpace,
    reset({ seed, options = {} } = {}) {
      guard.reset();
      if (seed !== undefined) generator = createGenerator(seed);
      return dynamics.start(generator, options);
    },
    step(action) {
      guard.step();
      actionSpace.validate(action, `${id}: step(action)`);
      ownAction.set(action);
      const result = dynamics.advance(ownAction, generator);
      if (result.terminated || result.truncated) guard.end();
      return result;
    },
    close() {
      if (guard.close()) dynamics.release?.();
    },
  };
}
