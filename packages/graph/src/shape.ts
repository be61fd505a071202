import { ShapeError } from './errors.ts';
import type { Dim, Shape } from './tensor-type.ts';

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

/** Whether every axis has a known length. */
export const isStatic = (shape: Shape): shape is readonly number[] =>
  shape.every((dim) => typeof dim === 'number');

/** Number of elements of a shape without named axes. */
export function sizeOfShape(shape: Shape): number {
  return shape.reduce<number>((size, dim) => {
    if (typeof dim === 'string')
      throw new ShapeError(`the number of elements of ${formatShape(shape)} is known only when it runs`);
    return size * dim;
  }, 1);
}

/** The length of an axis that must be known. */
export function staticDim(where: string, shape: Shape, axis: number): number {
  const dim = shape[axis];
  if (typeof dim !== 'number')
    throw new ShapeError(
      `${where}: axis ${axis} of ${formatShape(shape)} must have a known length, got ${dim === undefined ? 'no such axis' : `the named axis ${dim}`}.`,
    );
  return dim;
}

/** The axis itself where it exists. Negative axes are not accepted: there is one way to name an axis. */
export function checkAxis(where: string, shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  if (dim === undefined)
    throw new ShapeError(
      `${where}: axis ${axis} does not exist in ${formatShape(shape)}. ${shape.length > 0 ? `Give 0 to ${shape.length - 1}.` : 'It is a scalar.'}`,
    );
  return dim;
}

/**
 * The shape of an element-wise result, by NumPy's rule: aligned at the last axis, each pair of lengths equal or one of
 * them 1. A named axis fits itself and 1 only.
 */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis): Dim => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new ShapeError(
      `${where}: ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${String(left)} against ${String(right)}. Axes must be equal or 1.`,
    );
  });
}

/** Whether `from` broadcasts to exactly `to`. */
export function broadcastsTo(from: Shape, to: Shape): boolean {
  return (
    from.length <= to.length &&
    from.every((dim, axis) => dim === 1 || dim === to[axis + to.length - from.length])
  );
}

const MULTIPLE = /^(\d+)\*(.+)$/s;

/** A named axis and what it is multiplied by: `16*batch` is 16 times `batch`. A length is of no name. */
export function factorsOf(dim: Dim): { readonly times: number; readonly name: string | undefined } {
  if (typeof dim === 'number') return { times: dim, name: undefined };
  const [, times, name] = MULTIPLE.exec(dim) ?? [];
  return { times: Number(times ?? 1), name: name ?? dim };
}

/** The axis that is so many times as long; of a named one another name, `16*batch`, from which `reshape` gets back. */
export function multipleOf(dim: Dim, times: number): Dim {
  const { times: before, name } = factorsOf(dim);
  const product = before * times;
  if (name === undefined) return product;
  return product === 1 ? name : `${product}*${name}`;
}
