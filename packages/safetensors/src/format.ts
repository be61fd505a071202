/** Bytes of the header's length, and what the data is aligned to. */
export const WORD_BYTES = 8;
export const FLOAT_BYTES = 4;

/** Longest header that readers take. Source: safetensors, `MAX_HEADER_SIZE` of the official reader. */
export const MOST_HEADER_BYTES = 100_000_000;

/** The header's entry that is no tensor. */
export const METADATA = '__metadata__';

// The format is little-endian, as is nearly every machine: there the data is copied whole, 20 times as fast as one by one.
export const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** What the header says of a tensor. */
export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its data begins and ends, in bytes after the header. */
  readonly data_offsets: readonly [begin: number, end: number];
}

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

/** Half of a character has no UTF-8, and readers refuse it as an escape too. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
