import { GraphError } from '../errors.ts';
import type { StateSpec } from '../program.ts';
import { sub } from '../ops/arithmetic.ts';
import type { Tensor } from '../tensor.ts';

/** What a transformation may know beside the updates. */
export interface UpdateContext {
  /** θ, [parameters], as far as `updates` are for them */
  readonly parameters?: Tensor;
  /** 2-norm of the whole vector that `updates` are a part of; default: `updates` are the whole. */
  readonly norm?: Tensor;
}

/**
 * One part of an optimizer: takes a gradient, or what the part before has made of it, some way towards the step.
 *
 * Reference: the optax library, whose interface this is.
 */
export interface GradientTransformation {
  /** Its states before the first step of a vector of `size` parameters, by names such as `adam/m`. */
  readonly init: (size: number) => Readonly<Record<string, StateSpec>>;
  /**
   * @param updates [parameters], or some of their entries
   * @param state of the same entries, by the names of `init`
   * @returns updates of the same shape, and the next state
   */
  readonly update: (
    updates: Tensor,
    state: Readonly<Record<string, Tensor>>,
    context?: UpdateContext,
  ) => { readonly updates: Tensor; readonly state: Readonly<Record<string, Tensor>> };
  /** Whether it needs the norm of all that it is given, which parts of a vector don't show. */
  readonly needsNorm?: boolean;
}

/**
 * Transformations one after the other, as one.
 *
 * @throws GraphError if two have a state of the same name, or one but the first needs the norm of what it is given
 */
export function chain(...transformations: readonly GradientTransformation[]): GradientTransformation {
  const names = transformations.map(({ init }) => Object.keys(init(0)));
  const twice = names.flat().find((name, i, all) => all.indexOf(name) !== i);
  if (twice !== undefined)
    throw new GraphError(`chain: two transformations have a state ${twice}. Use each of them once.`);
  const [first, ...others] = transformations;
  if (others.some(({ needsNorm }) => needsNorm))
    throw new GraphError(
      'chain: a transformation behind the first needs the norm of what it is given, which parts of a vector do not show. Put it first.',
    );
  return {
    needsNorm: first?.needsNorm ?? false,
    init: (size) => Object.assign({}, ...transformations.map(({ init }) => init(size))),
    update: (gradient, state, context = {}) => {
      const { norm: _, ...later } = context;
      let updates = gradient;
      const next: Record<string, Tensor> = {};
      for (const [i, transformation] of transformations.entries()) {
        const result = transformation.update(updates, state, i === 0 ? context : later);
        ({ updates } = result);
        Object.assign(next, result.state);
      }
      return { updates, state: next };
    },
  };
}

/** A step: `θ ← θ − u`. */
export const applyUpdates = (parameters: Tensor, updates: Tensor): Tensor => sub(parameters, updates);

/**
 * A transformation's state of a name.
 *
 * @throws GraphError if it isn't given
 */
export function stateOf(where: string, state: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = state[name];
  if (tensor) return tensor;
  throw new GraphError(
    `${where}: the state ${name} is missing, got ${Object.keys(state).join(', ') || 'none'}. Give what init names.`,
  );
}
