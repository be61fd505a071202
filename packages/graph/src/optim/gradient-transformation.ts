import { sub } from '../ops/arithmetic.ts';
import type { StateSpec } from '../program.ts';
import type { Tensor } from '../tensor.ts';

/** What is known besides a gradient. */
export interface UpdateContext {
  /** The parameters before the step, [size]. */
  readonly parameters?: Tensor;
  /** 2-norm of the whole vector that the gradient is a part of; default: computed from the gradient. */
  readonly norm?: Tensor;
}

/** One step of an optimizer, or a part of one, on a flat vector of parameters. Several make one by `chain`. */
export interface GradientTransformation<S extends string = string> {
  /** Whether it reads the norm of the whole gradient. */
  readonly readsNorm: boolean;
  /** Its states before the first step of a vector of `size` parameters, by names such as `adam/m`. */
  init(size: number): Readonly<Record<S, StateSpec>>;
  /**
   * From a gradient to the step that is subtracted from the parameters, or to what the next transformation of a chain takes.
   *
   * @param updates the gradient, [size]
   * @param state by the names of `init`
   * @returns the step [size] and the next states
   */
  update(
    updates: Tensor,
    state: Readonly<Record<S, Tensor>>,
    context?: UpdateContext,
  ): { readonly updates: Tensor; readonly state: Readonly<Record<S, Tensor>> };
}

/** Parameters after a step: `θ − u`. */
export const applyUpdates = (parameters: Tensor, updates: Tensor): Tensor => sub(parameters, updates);
