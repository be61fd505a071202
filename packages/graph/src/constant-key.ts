import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';
import type { DType, Shape } from './tensor-type.ts';

/** Constants this small are compared by content. */
const SMALL = 64;

// Dividing by 0 and by −0 gives different numbers, so the two must not be merged.
const text = (value: number | undefined): string => (Object.is(value, -0) ? '-0' : String(value));

/** Whether all entries of a constant are the same number. */
export function isUniform(data: ArrayLike<number>): boolean {
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], data[0])) return false;
  return true;
}

/**
 * A text that constants share exactly if they are the same; undefined for large ones, which are told apart by identity. Those
 * with a name are the same only as others of that name.
 */
export function constantKey(
  data: ArrayLike<number>,
  shape: Shape,
  dtype: DType,
  name = '',
): string | undefined {
  const type = `${name}${dtype}${formatShape(shape)}`;
  if (data.length <= SMALL) return `${type}:${Array.from(data, text).join()}`;
  return isUniform(data) ? `${type}: all ${text(data[0])}` : undefined;
}

/** A text that tensors share exactly if they are one, or small constants of the same content. */
export const tensorKey = ({ node, index, dtype, shape }: Tensor): string =>
  (node.kind === 'constant' ? constantKey(node.data, shape, dtype, node.name) : undefined) ??
  `${node.id}:${index}`;
