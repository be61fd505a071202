import { matmul, mul, sub } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { onDiagonal, zeroOneMatrix } from '@meow-rl/nn';

/**
 * Inverse of `I + N` with N strictly lower or strictly upper triangular, in ⌈log₂ size⌉ steps that double the blocks whose
 * inverse is known:
 *
 *     X₁ = I,   X₂ᵦ = Xᵦ − Xᵦ (N within blocks of 2b but not of b) Xᵦ
 *
 * Each step is the inverse of a triangular matrix of two by two blocks, so that the last one is exact.
 *
 * @param strict N, [size, size]; entries on and beyond the diagonal must be 0
 */
export function unitTriangularInverse(strict: Tensor, size: number): Tensor {
  // The first step has no product, since X₁ is the identity.
  let inverse = sub(zeroOneMatrix(size, onDiagonal), mul(strict, betweenBlocks(size, 1)));
  for (let block = 2; block < size; block *= 2) {
    const between = mul(strict, betweenBlocks(size, block));
    inverse = sub(inverse, matmul(inverse, matmul(between, inverse)));
  }
  return inverse;
}

/** 1 within diagonal blocks of twice the given length but not within one of that length, else 0. */
const betweenBlocks = (size: number, block: number): Tensor =>
  zeroOneMatrix(size, (i, j) => {
    const [row, column] = [Math.floor(i / block), Math.floor(j / block)];
    return row !== column && Math.floor(row / 2) === Math.floor(column / 2);
  });
