import {
  FLOAT_BYTES,
  isCount,
  isWellFormed,
  littleEndian,
  METADATA,
  MOST_HEADER_BYTES,
  sizeOf,
  WORD_BYTES,
} from './format.ts';
import type { Entry } from './format.ts';
import { repeatedKey } from './repeated-key.ts';

/** What a file holds. */
export interface SavedTensors {
  readonly tensors: Record<string, { shape: number[]; data: Float32Array }>;
  readonly metadata: Record<string, string>;
}

/**
 * Reads float32 tensors in the safetensors format. The data may begin at any byte of its buffer.
 *
 * @param where names the file in messages
 * @throws Error if the file is cut short or damaged, or holds another type than float32
 */
export function decodeSafetensors(bytes: Uint8Array, where = 'safetensors'): SavedTensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = bytes.length >= WORD_BYTES ? Number(view.getBigUint64(0, true)) : Number.NaN;
  const start = WORD_BYTES + headerLength;
  if (!(start <= bytes.length))
    throw damaged(where, `${bytes.length} bytes are too few for the header that it announces`);
  if (headerLength > MOST_HEADER_BYTES)
    throw damaged(where, `its header has ${headerLength} bytes, at most ${MOST_HEADER_BYTES} are allowed`);
  const { [METADATA]: metadata, ...header } = parseHeader(bytes.subarray(WORD_BYTES, start), where);
  const entries = Object.entries(header).map(([name, entry]): NamedEntry => {
    checkText('the name', name, where);
    if (!isEntry(entry)) throw damaged(where, `the header's entry for ${name} is not one`);
    if (entry.dtype !== 'F32')
      throw new Error(`${where}: ${name} is of type ${entry.dtype}, expected F32. Save it as float32.`);
    return [name, entry];
  });
  checkPlaces(entries, bytes.length - start, where);
  return {
    // Not by assignment, for which __proto__ is no name like others.
    tensors: Object.fromEntries(
      entries.map(
        ([
          name,
          {
            shape,
            data_offsets: [begin],
          },
        ]) => [name, { shape: [...shape], data: readFloats(view, start + begin, sizeOf(shape)) }],
      ),
    ),
    metadata: checkedMetadata(metadata, where),
  };
}

type NamedEntry = readonly [name: string, entry: Entry];

/** Tensors may be named in any order; their data has to follow one after the other, from the first byte to the last. */
function checkPlaces(entries: readonly NamedEntry[], length: number, where: string): void {
  const inDataOrder = entries.toSorted(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  let expected = 0;
  for (const [name, { shape, data_offsets }] of inDataOrder) {
    const [begin, end] = data_offsets;
    if (begin !== expected)
      throw damaged(
        where,
        `the data of ${name} begins at byte ${begin}, the tensor before it ends at ${expected}`,
      );
    if (end - begin !== sizeOf(shape) * FLOAT_BYTES)
      throw damaged(
        where,
        `${name} has ${end - begin} bytes, its shape [${shape.join(', ')}] takes ${sizeOf(shape) * FLOAT_BYTES}`,
      );
    if (end > length) throw damaged(where, `the data of ${name} ends at byte ${end} of ${length}`);
    expected = end;
  }
  if (expected !== length) throw damaged(where, `${length - expected} bytes follow the last tensor`);
}

function readFloats(view: DataView, at: number, count: number): Float32Array {
  const start = view.byteOffset + at;
  if (littleEndian) return new Float32Array(view.buffer.slice(start, start + count * FLOAT_BYTES));
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(at + i * FLOAT_BYTES, true));
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  let header: unknown;
  let repeated: string | undefined;
  try {
    const json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(json);
    repeated = repeatedKey(json);
  } catch (error) {
    throw damaged(where, 'its header is no JSON', error);
  }
  if (!isRecord(header)) throw damaged(where, 'its header is no JSON object');
  if (repeated !== undefined) throw damaged(where, `its header has ${repeated} twice`);
  return header;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value)) return false;
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

function checkedMetadata(value: unknown, where: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw damaged(where, 'its metadata is no JSON object');
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      checkText('metadata', key, where);
      if (typeof text !== 'string') throw damaged(where, `its metadata ${key} is no text`);
      checkText(`metadata ${key}:`, text, where);
      return [key, text];
    }),
  );
}

function checkText(what: string, text: string, where: string): void {
  if (!isWellFormed(text))
    throw damaged(where, `${what} ${JSON.stringify(text)} has half of a surrogate pair`);
}

const damaged = (where: string, what: string, cause?: unknown): Error =>
  new Error(`${where}: the file is damaged: ${what}. Use another checkpoint or train again.`, { cause });
