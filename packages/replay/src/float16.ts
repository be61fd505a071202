/** The largest number that float16 holds. */
export const LARGEST_FLOAT16 = 65504;

const SIGN = 0x8000;
const SMALLEST_NORMAL = 0x38800000; // 2^-14 as float32
const BLOCK = 1024;

const floats = new Float32Array(BLOCK);
const bits = new Uint32Array(floats.buffer);
const halfFloat = new Float32Array(1);
const halfBits = new Uint32Array(halfFloat.buffer);

/**
 * Writes numbers as the bits of float16, rounded to nearest and ties to even, from `into[at]` on.
 *
 * The bits are worked out here, as Node has no Float16Array before version 24, and the packages that stand in for it convert
 * number by number through a DataView or a Proxy.
 *
 * @param values of magnitude at most {@link LARGEST_FLOAT16}; they are rounded to float32 first
 */
export function encodeFloat16(values: ArrayLike<number>, into: Uint16Array, at: number): void {
  for (let from = 0; from < values.length; from += BLOCK) {
    const n = Math.min(BLOCK, values.length - from);
    for (let i = 0; i < n; i += 1) floats[i] = values[from + i] ?? Number.NaN;
    for (let i = 0; i < n; i += 1) into[at + from + i] = bitsOf(bits[i] ?? 0, floats[i] ?? 0);
  }
}

function bitsOf(float32: number, value: number): number {
  const sign = (float32 >>> 16) & SIGN;
  const magnitude = float32 & 0x7fffffff;
  if (magnitude >= SMALLEST_NORMAL) {
    // 13 bits fewer and the exponent's bias 15 instead of 127; what is added before makes cutting off rounding.
    const even = (magnitude >>> 13) & 1;
    return sign | ((magnitude - ((127 - 15) << 23) + 0xfff + even) >>> 13);
  }
  // In [0.5, 1) float32 has steps of 2^-24, those of float16 below 2^-14: the sum is rounded as it should be.
  halfFloat[0] = Math.abs(value) + 0.5;
  return sign | ((halfBits[0] ?? 0) - 0x3f000000);
}

let table: Float32Array | undefined;

/** The value of each of the 65,536 float16 by its bits. Looking up was the quickest of three ways on Node 20. */
export function float16Values(): Float32Array {
  table ??= Float32Array.from({ length: 0x10000 }, (_, float16) => valueOf(float16));
  return table;
}

/** Writes the values of float16, given by their bits, from `into[at]` on. */
export function decodeFloat16(encoded: Uint16Array, into: Float32Array, at: number): void {
  const values = float16Values();
  for (let i = 0; i < encoded.length; i += 1) into[at + i] = values[encoded[i] ?? 0] ?? Number.NaN;
}

function valueOf(float16: number): number {
  const exponent = (float16 >>> 10) & 31;
  const mantissa = float16 & 0x3ff;
  if (exponent === 31) return Number.NaN; // infinite or none: never written
  const magnitude = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
  return float16 >= SIGN ? -magnitude : magnitude;
}
