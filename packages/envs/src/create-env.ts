import {
  createGenerator,
  entropySeed,
  generatorFromState,
  type Generator,
  type GeneratorState,
} from '@meow-rl/random';

import type { Box } from './box.ts';
import { requireResult } from './checked-env.ts';
import type { Info, ResetRequest, ResetResult, StepResult } from './env.ts';
import { damaged, ownState, withoutState, type Json, type ResumableEnv } from './env-state.ts';
import { episodeGuard } from './episode-guard.ts';
import { withUncheckedStep } from './unchecked-step.ts';

/** What is particular to a task; {@link createEnv} adds what all have in common. */
export interface Dynamics<Options extends object, ResetInfo extends Info, StepInfo extends Info> {
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  /** Begins an episode, drawing all randomness from `generator`. If it throws, there is none until it succeeds. */
  start(generator: Generator, options: Partial<Options>): ResetResult<ResetInfo>;
  /** One step. `action` has the right size and finite entries; it is reused, so copy it to keep it. */
  advance(action: Float64Array, generator: Generator): StepResult<StepInfo>;
  /**
   * What the task remembers between calls, as plain data; it may be asked for before, in and between episodes. The
   * generator is saved by {@link createEnv}. A task that remembers nothing gives null. Without it the environment works
   * but can't be saved.
   */
  capture?(): Json;
  /**
   * Puts back what {@link Dynamics.capture} gave, maybe of another instance. Checks it before changing anything.
   *
   * @throws TypeError if it is damaged
   */
  resume?(saved: Json): void;
  /** Frees what the task holds; called once. */
  release?(): void;
}

/** An environment that knows its own reset options and info. */
export interface TypedEnv<
  Options extends object,
  ResetInfo extends Info,
  StepInfo extends Info,
> extends ResumableEnv {
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
  const actionBuffer = new Float64Array(actionSpace.size);
  // Unpredictable until a reset is given a seed.
  let generator = createGenerator(entropySeed());

  const advance = (action: ArrayLike<number>) => {
    actionBuffer.set(action);
    const result = dynamics.advance(actionBuffer, generator);
    requireResult(result, id, 'step()');
    if (result.terminated || result.truncated) guard.end();
    return result;
  };

  return {
    id,
    observationSpace,
    actionSpace,
    reset({ seed, options = {} } = {}) {
      guard.reset();
      if (seed !== undefined) generator = createGenerator(seed);
      const result = dynamics.start(generator, options);
      guard.begin();
      return result;
    },
    step: withUncheckedStep(
      (action) => {
        guard.step();
        actionSpace.validate(action, `${id}: step(action)`);
        return advance(action);
      },
      (action) => {
        guard.step();
        return advance(action);
      },
    ),
    close() {
      if (guard.close()) dynamics.release?.();
    },
    state() {
      const phase = guard.state();
      if (!dynamics.capture) throw withoutState(id, 'state()');
      const { words, spare } = generator.state();
      return { of: id, own: { phase, generator: { words: [...words], spare }, task: dynamics.capture() } };
    },
    restore(state) {
      if (!dynamics.resume) throw withoutState(id, 'restore()');
      const own = ownState(state, id);
      const phase = guard.check(own['phase']);
      const savedGenerator = savedGeneratorOf(own['generator'], id);
      if (own['task'] === undefined) throw damaged(id, 'own.task');
      dynamics.resume(own['task']);
      generator = savedGenerator;
      guard.restore(phase);
    },
  };
}

function savedGeneratorOf(saved: Json | undefined, id: string): Generator {
  if (!mayBeGenerator(saved)) throw damaged(id, 'own.generator');
  return generatorFromState(saved);
}

// Its fields are checked where the generator is made.
const mayBeGenerator = (value: Json | undefined): value is Pick<GeneratorState, keyof GeneratorState> =>
  typeof value === 'object' && value !== null;
