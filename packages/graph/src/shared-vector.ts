import { DataError } from './errors.ts';
import { mapValues } from './program.ts';

/** Memory that threads can share and steps can work in: a structured clone of it, as messages make, is the same memory. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

/** A vector of float32 in memory that threads can share. */
export interface SharedVector {
  readonly memory: SharedMemory;
  readonly byteOffset: number;
  /** Entries. */
  readonly length: number;
}

/** What is used of WebAssembly, which all hosts have and no library of types without a document declares. */
declare const WebAssembly: {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => SharedMemory;
};

export const PAGE_BYTES = 65_536;
const FLOAT32_BYTES = 4;
/** Vectors begin at multiples of a cache line. */
const ALIGN_BYTES = 64;

/** The first multiple of a cache line from here on. */
export const aligned = (bytes: number) => Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;

/**
 * Allocates vectors of zeros, all in one new memory.
 *
 * @param lengths entries of each
 */
export function allocateVectors<N extends string>(
  lengths: Readonly<Record<N, number>>,
): Record<N, SharedVector> {
  let end = 0;
  const offsets = mapValues(lengths, (length, name) => {
    if (!Number.isSafeInteger(length) || length < 0)
      throw new DataError(`allocateVectors: ${name} has length ${length}, expected a whole number >= 0.`);
    const byteOffset = end;
    end += aligned(FLOAT32_BYTES * length);
    return byteOffset;
  });
  const pages = Math.max(1, Math.ceil(end / PAGE_BYTES));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return mapValues(lengths, (length, name) => ({ memory, byteOffset: offsets[name], length }));
}

/** The entries of a vector from `start` up to, not including, `end`. */
export function partOfVector(
  { memory, byteOffset, length }: SharedVector,
  start: number,
  end: number,
): SharedVector {
  if (!(start >= 0 && start <= end && end <= length))
    throw new DataError(`partOfVector: ${start} to ${end} is not inside a vector of ${length} entries.`);
  return { memory, byteOffset: byteOffset + FLOAT32_BYTES * start, length: end - start };
}

/** The numbers of a vector. */
export const floatsAt = ({ memory, byteOffset, length }: SharedVector): Float32Array<SharedArrayBuffer> =>
  new Float32Array(memory.buffer, byteOffset, length);

/** Whether two vectors have an entry in common. */
export const overlap = (a: SharedVector, b: SharedVector): boolean =>
  a.memory === b.memory &&
  a.byteOffset < b.byteOffset + FLOAT32_BYTES * b.length &&
  b.byteOffset < a.byteOffset + FLOAT32_BYTES * a.length;
