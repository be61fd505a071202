import type { DType, Shape } from '../tensor-type.ts';

/** What a kernel of a plan gives. */
export interface TfjsValue {
  /** Its place among the values of a run. */
  readonly slot: number;
}

/** An attribute of a kernel, as TensorFlow.js takes them. */
export type TfjsAttribute = number | string | boolean | readonly number[] | readonly (readonly number[])[];

type TfjsAttributes = Readonly<Record<string, TfjsAttribute>>;

/** A shape with the lengths that named axes have in a run. */
export type LengthsOf = (shape: Shape) => readonly number[];

/** What an operator's TensorFlow.js form writes to: calls of kernels, in the order of a run. */
export interface TfjsEmitter {
  /**
   * Adds a call of a kernel and returns what it gives.
   *
   * @param inputs by the names that the kernel has for them, or a list where it takes one
   * @param attributes default none; a function of the lengths of axes where they depend on the run
   */
  kernel(
    name: string,
    inputs: Readonly<Record<string, TfjsValue>> | readonly TfjsValue[],
    attributes?: TfjsAttributes | ((lengthsOf: LengthsOf) => TfjsAttributes),
  ): TfjsValue;
  /** Adds a call of a kernel that gives several tensors. */
  kernelWithOutputs(
    name: string,
    inputs: Readonly<Record<string, TfjsValue>>,
    outputs: number,
    attributes: TfjsAttributes,
  ): readonly TfjsValue[];
  /** A tensor that is made once; equal small ones are one. */
  constant(data: ArrayLike<number>, shape: readonly number[], dtype?: DType): TfjsValue;
}

/** Repeats a tensor by broadcasting until it has another's shape. */
export function broadcastTo(x: TfjsValue, from: Shape, to: Shape, emit: TfjsEmitter): TfjsValue {
  const lead = to.length - from.length;
  const full: Shape = [...to.slice(0, lead).map(() => 1), ...from];
  const aligned = lead === 0 ? x : emit.kernel('Reshape', { x }, (lengthsOf) => ({ shape: lengthsOf(full) }));
  if (full.every((dim, axis) => dim === to[axis])) return aligned;
  return emit.kernel('Tile', { x: aligned }, (lengthsOf) => ({
    reps: lengthsOf(to.map((dim, axis) => (dim === full[axis] ? 1 : dim))),
  }));
}
