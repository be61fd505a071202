import { constant } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/** Constant [size, size], 1 where `isOne` says so and 0 elsewhere. */
export const zeroOneMatrix = (size: number, isOne: (row: number, column: number) => boolean): Tensor =>
  constant(
    Float32Array.from({ length: size * size }, (_, flat) => {
      const row = Math.floor(flat / size);
      return isOne(row, flat - row * size) ? 1 : 0;
    }),
    [size, size],
  );

export const onDiagonal = (row: number, column: number): boolean => row === column;
export const belowDiagonal = (row: number, column: number): boolean => row > column;
export const aboveDiagonal = (row: number, column: number): boolean => row < column;
