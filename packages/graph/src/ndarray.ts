import type { DType } from './tensor-type.ts';

/** A computed array of the reference runtime: float64 whatever the dtype, row-major. */
export interface NdArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const product = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

/** Distance in elements between neighbours along each axis. */
function strides(shape: readonly number[]): number[] {
  const result = Array.from(shape, () => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    result[axis] = (result[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return result;
}

/** Fills an array from a function of the position along each axis. */
export function buildNd(
  dtype: DType,
  shape: readonly number[],
  element: (position: readonly number[]) => number,
): NdArray {
  const data = new Float64Array(product(shape));
  const position = Array.from(shape, () => 0);
  for (let flat = 0; flat < data.length; flat++) {
    data[flat] = element(position);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] ?? 0) + 1;
      position[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (next < (shape[axis] ?? 0)) break;
    }
  }
  return { dtype, shape, data };
}

/** Reads the element at a position; axes of length 1 and missing leading axes are broadcast. */
export function reader(x: NdArray): (position: readonly number[]) => number {
  const step = strides(x.shape).map((stride, axis) => (x.shape[axis] === 1 ? 0 : stride));
  return (position) => {
    const skip = position.length - step.length;
    let flat = 0;
    for (let axis = 0; axis < step.length; axis++) flat += (step[axis] ?? 0) * (position[axis + skip] ?? 0);
    return x.data[flat] ?? Number.NaN;
  };
}

/** The common shape of computed arrays under broadcasting. */
export function broadcastNd(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return dims.find((dim) => dim !== 1) ?? 1;
  });
}
