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
  return {
    ndarray: true,
    dtype,
    shape,
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
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

const READERS: Readonly<Record<Dtype, (view: DataView, at: number) => number>> = {
  '<f4': (view, at) => view.getFloat32(at, true),
  '<f8': (view, at) => view.getFloat64(at, true),
  '<i4': (view, at) => view.getInt32(at, true),
  '<i8': (view, at) => Number(view.getBigInt64(at, true)),
  '|u1': (view, at) => view.getUint8(at),
  '|b1': (view, at) => view.getUint8(at),
};

/** Entries that lie where the machine reads them. */
function aligned(dtype: Dtype, buffer: ArrayBufferLike, offset: number, count: number): ArrayLike<number> {
  if (dtype === '<f4') return new Float32Array(buffer, offset, count);
  return dtype === '<f8' ? new Float64Array(buffer, offset, count) : new Int32Array(buffer, offset, count);
}

/** Writes the entries of a tensor into `target`, from entry `at` on: the one copy that is made of what came. */
export function copyNumbers({ dtype, data }: Ndarray, target: Float64Array | Uint8Array, at = 0): void {
  const { buffer, byteOffset, byteLength } = data;
  const itemBytes = ITEM_BYTES[dtype];
  const count = byteLength / itemBytes;
  if (itemBytes === 1) return target.set(data, at);
  if (dtype !== '<i8' && byteOffset % itemBytes === 0)
    return target.set(aligned(dtype, buffer, byteOffset, count), at);
  const view = new DataView(buffer, byteOffset, byteLength);
  const read = READERS[dtype];
  for (let i = 0; i < count; i += 1) target[at + i] = read(view, i * itemBytes);
}

/** The entries of a tensor as numbers. */
export function numbersOf(tensor: Ndarray): Float64Array {
  const numbers = new Float64Array(tensor.data.length / ITEM_BYTES[tensor.dtype]);
  copyNumbers(tensor, numbers);
  return numbers;
}
