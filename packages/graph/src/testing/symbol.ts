import { placeholder } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import type { DType, Shape } from '../tensor-type.ts';

/** A tensor that only has a type, for tests that never run it. */
export const symbol = (shape: Shape, dtype: DType = 'float32'): Tensor =>
  placeholder('input', 'symbol', { dtype, shape });
