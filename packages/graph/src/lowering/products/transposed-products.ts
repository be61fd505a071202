import { transpose } from '../../ops/layout.ts';
import { matmul } from '../../ops/matmul.ts';
import type { Dim } from '../../tensor-type.ts';
import type { Rule } from '../../rewrite/rewrite.ts';

/** onnxruntime computes products in slices of so many columns, and transposes the left matrix again for each of them. */
const SLICE_COLUMNS = 128;

const exceedsSlice = (dim: Dim | undefined): boolean => typeof dim === 'number' && dim > SLICE_COLUMNS;

/**
 * A product with a transposed left matrix, such as the gradient of a wide layer's weights, with the matrix transposed once.
 *
 * onnxruntime would put the two together again unless told not to.
 */
export const transposedProduct: Rule = {
  operators: ['matmul'],
  replace: ({ attributes, outputs: [output] }, [a, b]) => {
    const [rows, columns] = output?.shape ?? [];
    if (attributes['transposeA'] !== true || !a || !b) return undefined;
    if (!exceedsSlice(rows) || !exceedsSlice(columns)) return undefined;
    return matmul(transpose(a), b, { transposeB: attributes['transposeB'] === true });
  },
};
