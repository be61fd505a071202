// @msgpack/msgpack, as it bounds what it decodes, gives bytes as views and converts keys of maps; msgpackr, which is faster
// on maps, allocates lists by the length that a message claims. Neither writes byte-string keys beside text keys of plain
// objects, so maps are put together here.
import { Decoder, Encoder } from '@msgpack/msgpack';

import { checkStructure } from './check-structure.ts';
import { ndarrayOf, type Ndarray } from './ndarray.ts';

/** What a message holds. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Ndarray
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

/** A message: a map with text keys. Entries that are undefined are left out. */
export type Message = { readonly [name: string]: Value | undefined };

/**
 * The bytes of a message, with tensors as openpi's policy servers write them: maps with byte-string keys.
 *
 * Reference: MessagePack specification; openpi_client.msgpack_numpy.
 */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  write(message, parts);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The message of some bytes. Its bytes and tensors are views over them.
 *
 * @param options `maxValues`: how many values its maps and lists may hold together, tensors apart; default: any number
 * @throws TypeError saying what is wrong
 */
export function decodeMessage(
  bytes: Uint8Array,
  { maxValues }: { readonly maxValues?: number } = {},
): Message {
  checkStructure(bytes, maxValues);
  const value = read(decoder.decode(bytes));
  if (isMap(value)) return value;
  throw new TypeError('it is no map with text keys');
}

/** Whether a value is a map, and no tensor, list or bytes. */
export const isMap = (value: unknown): value is Message =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !isNdarray(value);

export const isNdarray = (value: unknown): value is Ndarray =>
  typeof value === 'object' && value !== null && 'ndarray' in value && value.ndarray === true;

// One of each for all messages: they allocate when they are made.
const encoder = new Encoder();
const decoder = new Decoder({ mapKeyConverter: keyOf });
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

const encode = (value: unknown): Uint8Array => encoder.encode(value);

const encodeKey = (name: string) => encode(utf8.encoder.encode(name));
const KEYS = {
  ndarray: encodeKey('__ndarray__'),
  data: encodeKey('data'),
  dtype: encodeKey('dtype'),
  shape: encodeKey('shape'),
};

function write(value: Value, parts: Uint8Array[]): void {
  if (isNdarray(value)) {
    const { dtype, shape, data } = value;
    parts.push(header(0x80, 0xde, 4), KEYS.ndarray, encode(true), KEYS.data, binHeader(data.length), data);
    parts.push(KEYS.dtype, encode(dtype), KEYS.shape, encode(shape));
  } else if (Array.isArray(value)) {
    parts.push(header(0x90, 0xdc, value.length));
    for (const entry of value) write(entry, parts);
  } else if (isMap(value)) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    parts.push(header(0x80, 0xde, entries.length));
    for (const [name, entry = null] of entries) {
      parts.push(encode(name));
      write(entry, parts);
    }
  } else parts.push(encode(value));
}

/** Of a map or list: `small` has the length in its last four bits, `large` is followed by 16 bits, the next one by 32. */
function header(small: number, large: number, length: number): Uint8Array {
  if (length < 16) return Uint8Array.of(small | length);
  const bytes = length < 2 ** 16 ? Uint8Array.of(large, 0, 0) : Uint8Array.of(large + 1, 0, 0, 0, 0);
  const view = new DataView(bytes.buffer);
  if (bytes.length === 3) view.setUint16(1, length);
  else view.setUint32(1, length);
  return bytes;
}

function binHeader(length: number): Uint8Array {
  const bytes = Uint8Array.of(0xc6, 0, 0, 0, 0);
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}

function keyOf(key: unknown): string {
  if (typeof key === 'string') return key;
  if (key instanceof Uint8Array) return utf8.decoder.decode(key);
  throw new TypeError('a map has a key that is neither text nor bytes');
}

/** A decoded value with tensors for their maps. The structure is checked: it isn't deep. */
function read(value: unknown): Value {
  if (Array.isArray(value)) return value.map(read);
  if (typeof value === 'bigint') throw new TypeError('a number is no safe integer');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return scalar(value);
  if (Object.getPrototypeOf(value) !== Object.prototype)
    throw new TypeError('it holds an extension type, which the protocol has none of');
  if (Reflect.get(value, '__ndarray__') === true) return ndarrayOf({ ...value });
  // It would pass for a tensor whose sizes are checked.
  if (Reflect.get(value, 'ndarray') === true)
    throw new TypeError('a map says ndarray, which only tensors are');
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, read(entry)]));
}

function scalar(value: unknown): null | boolean | number | string | Uint8Array {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  throw new TypeError(`it holds ${typeof value}, which the protocol has none of`);
}
