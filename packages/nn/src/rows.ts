import { concat, constant, expandAs, formatShape, matmul, ShapeError, slice } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/**
 * Checks that rows have the width that a layer was made for; broadcasting would hide another one.
 *
 * @throws ShapeError if `x` is not [rows, size]
 */
export function checkWidth(where: string, x: Tensor, size: number): void {
  if (x.shape.length !== 2 || x.shape[1] !== size)
    throw new ShapeError(`${where}: expected [rows, ${size}], got ${formatShape(x.shape)}.`);
}

/**
 * Repeats rows that belong to states until there is one for each row of `like`: k blocks, one after the other.
 *
 * @param perState [states, …]
 * @param like [k · states, …]
 * @throws ShapeError if the rows of `like` are no multiple of the states, or their number is unknown and differs
 */
export function repeatForRows(perState: Tensor, like: Tensor): Tensor {
  const [states] = perState.shape;
  const [rows] = like.shape;
  if (states === rows) return perState;
  if (typeof states !== 'number' || typeof rows !== 'number' || rows % states !== 0)
    throw new ShapeError(
      `repeatForRows: ${formatShape(like.shape)} has ${String(rows)} rows, which is no multiple of the ${String(states)} states of ${formatShape(perState.shape)}.`,
    );
  return concat(
    Array.from({ length: rows / states }, () => perState),
    0,
  );
}

/** Two tensors with the rows of the one that has more, by {@link repeatForRows}. */
export function toMoreRows(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const [rows, others] = [Number(a.shape[0]), Number(b.shape[0])];
  return rows > others ? [a, repeatForRows(b, a)] : [repeatForRows(a, b), b];
}

/** Zeros, one row of `size` per state: [states, size]. */
export function zerosPerState(state: Tensor, size: number): Tensor {
  // Only its shape is used.
  const rows = matmul(slice(state, { axis: 1, end: 1 }), constant(new Float32Array(size), [1, size]));
  return expandAs(constant(0), rows);
}
