/** What lies around inputs and outputs: more than a block of it, and nothing that is computed. */
const MARGIN = 1024;
const SURROUNDING = Number.NaN;

/** An array in the middle of a larger one, so that what is read or written beside it shows. */
export function surrounded(data: ArrayLike<number>): Float32Array {
  const larger = new Float32Array(data.length + 2 * MARGIN).fill(SURROUNDING);
  larger.set(data, MARGIN);
  return larger.subarray(MARGIN, MARGIN + data.length);
}

/** Whether nothing was written beside an array that is surrounded. */
export const isUntouched = ({ buffer, length }: Float32Array): boolean =>
  [new Float32Array(buffer, 0, MARGIN), new Float32Array(buffer).subarray(MARGIN + length)].every((part) =>
    part.every(Number.isNaN),
  );
