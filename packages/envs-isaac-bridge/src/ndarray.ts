/** NumPy's names of the entries that the protocol sends. */
export type Dtype = '<f4' | '<f8' | '<i4' | '<i8' | '|u1' | '|b1';

/** Bytes of an entry. */
const ITEM_BYTES: Readonly<Record<Dtype, number>> = {
  '<f4': 4,
  '<f8': 8,
  '<i4': 4,
  '<i8': 8,
  '|u1': 1,
  '|b1': 1,
};

/** A tensor of a message: row-major, little-endian. */
export interface Ndarray {
  readonly ndarray: true;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** A view over the message that it came in, at any offset. */
  readonly data: Uint8Array<ArrayBufferLike>;
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

const isDtype = (text: unknown): text is Dtype => typeof text === 'string' && Object.hasOwn(ITEM_BYTES, text);

// Every platform that Node and browsers run on today; bytes are taken over as they lie.
if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
  throw new Error('@meow-rl/envs-isaac-bridge: expected a little-endian machine. Run it on another one.');

/** The tensor over the memory of `values`, which isn't copied. */
export function ndarray(values: Numbers, shape: readonly number[], dtype = dtypeOf(values)): Ndarray {
  return { ndarray: true, dtype, shape, data: bytesOf(values) };
}

function dtypeOf(values: Numbers): Dtype {
  if (values instanceof Float32Array) return '<f4';
  if (values instanceof Float64Array) return '<f8';
  return values instanceof Int32Array ? '<i4' : '|u1';
}

/**
 * The tensor that a map of a message stands for.
 *
 * @throws TypeError saying what is wrong with it
 */
export function ndarrayOf({ dtype, shape, data }: Readonly<Record<string, unknown>>): Ndarray {
  if (!isDtype(dtype))
    throw new TypeError(
      `a tensor has dtype ${JSON.stringify(dtype) ?? 'nothing'}, expected one of ${Object.keys(ITEM_BYTES).join(', ')}`,
    );
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape)
    throw new TypeError('a tensor has a shape that is no list of sizes, expected integers from 0 on');
  if (!(data instanceof Uint8Array)) throw new TypeError('a tensor has data that are no bytes');
  const expected = shape.reduce((product: number, size: number) => product * size, ITEM_BYTES[dtype]);
  if (data.length !== expected)
    throw new TypeError(
      `a tensor of ${dtype} with shape [${shape.join(', ')}] has ${data.length} bytes, expected ${expected}`,
    );
  return { ndarray: true, dtype, shape, data };
}

/** Writes the entries of a tensor into `target`, from entry `at` on: the one copy that is made of what came. */
export function copyNumbers({ dtype, data }: Ndarray, target: Float64Array | Uint8Array, at = 0): void {
  if (ITEM_BYTES[dtype] === 1) return target.set(data, at);
  if (dtype === '<f8' && target instanceof Float64Array)
    return bytesOf(target).set(data, at * target.BYTES_PER_ELEMENT);
  // A message's tensors begin at any byte, arrays at a multiple of their entries' size.
  const { buffer, byteOffset } = data.byteOffset % ITEM_BYTES[dtype] === 0 ? data : new Uint8Array(data);
  const count = data.length / ITEM_BYTES[dtype];
  if (dtype === '<i8') target.set(Array.from(new BigInt64Array(buffer, byteOffset, count), Number), at);
  else if (dtype === '<f4') target.set(new Float32Array(buffer, byteOffset, count), at);
  else if (dtype === '<f8') target.set(new Float64Array(buffer, byteOffset, count), at);
  else target.set(new Int32Array(buffer, byteOffset, count), at);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The entries of a tensor as numbers. */
export function numbersOf(tensor: Ndarray): Float64Array {
  const numbers = new Float64Array(tensor.data.length / ITEM_BYTES[tensor.dtype]);
  copyNumbers(tensor, numbers);
  return numbers;
}
