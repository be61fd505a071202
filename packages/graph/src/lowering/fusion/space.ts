import { isStatic, sizeOfShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import type { Shape } from '../../tensor-type.ts';
import type { InputKind } from './instructions.ts';

/** The matrix that a fused operator walks over. */
export interface Space {
  readonly rows: number;
  readonly columns: number;
}

export const sameSpace = (a: Space, b: Space): boolean => a.rows === b.rows && a.columns === b.columns;

/** The matrix that a shape is: a vector is one row, a scalar one entry. */
export function spaceOf(shape: Shape): Space | undefined {
  if (!isStatic(shape) || shape.length > 2 || sizeOfShape(shape) === 0) return undefined;
  const [rows = 1, columns = 1] = shape.length === 2 ? shape : [1, ...shape];
  return { rows, columns };
}

/** How a tensor of this shape fills the space by broadcasting; undefined if it does not. */
export function kindIn(space: Space, shape: Shape): InputKind | undefined {
  const matrix = spaceOf(shape);
  if (!matrix) return undefined;
  if (sameSpace(matrix, space)) return 'full';
  if (matrix.rows === 1 && matrix.columns === 1) return 'scalar';
  if (matrix.rows === 1 && matrix.columns === space.columns) return 'row';
  return matrix.rows === space.rows && matrix.columns === 1 ? 'column' : undefined;
}

/** The operator's inputs, if that operator computes the tensor. */
export const inputsOf = ({ node }: Tensor, operator: string): readonly Tensor[] | undefined =>
  node.kind === 'operator' && node.operator === operator ? node.inputs : undefined;
