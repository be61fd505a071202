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

/** Named float32 tensors, as they are saved. */
export type NamedTensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/**
 * Tensors in the safetensors format: the header's length as uint64, the header as JSON, the data in float32.
 *
 * @throws RangeError for a name or text that readers refuse, a shape that is none, a tensor of another size than its shape, or
 *   a header of more than 100 MB; TypeError for metadata that is no text
 *
 * Reference: safetensors, format description of version 0.3.
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  checkMetadata(metadata);
  const entries: [string, Entry][] = [];
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    checkTensor(name, shape, data.length);
    const begin = end;
    end += data.length * FLOAT_BYTES;
    entries.push([name, { dtype: 'F32', shape, data_offsets: [begin, end] }]);
  }
  const header = encodeHeader(entries, metadata);
  const start = WORD_BYTES + header.length;
  const bytes = new Uint8Array(start + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, WORD_BYTES);
  let at = start;
  for (const { data } of Object.values(tensors)) {
    writeFloats(data, view, at);
    at += data.length * FLOAT_BYTES;
  }
  return bytes;
}

/** Spaces after the JSON keep the numbers aligned, as the format asks for. */
function encodeHeader(
  entries: readonly (readonly [string, Entry])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const json = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries([[METADATA, metadata], ...entries])),
  );
  const length = Math.ceil(json.length / WORD_BYTES) * WORD_BYTES;
  if (length > MOST_HEADER_BYTES)
    throw new RangeError(
      `safetensors: names and metadata take ${length} bytes, readers take ${MOST_HEADER_BYTES}. Save fewer tensors or less metadata in a file.`,
    );
  const header = new Uint8Array(length).fill(0x20);
  header.set(json);
  return header;
}

function checkTensor(name: string, shape: readonly number[], length: number): void {
  if (name === METADATA)
    throw new RangeError(
      `safetensors: a tensor is named ${METADATA}, where the format keeps metadata. Give it another name.`,
    );
  checkText('the name', name);
  if (!shape.every((dim) => isCount(dim)))
    throw new RangeError(
      `safetensors: ${name} has the shape [${shape.join(', ')}], expected whole numbers of at least 0.`,
    );
  if (length !== sizeOf(shape))
    throw new RangeError(
      `safetensors: ${name} has ${length} elements, its shape [${shape.join(', ')}] says ${sizeOf(shape)}.`,
    );
}

function checkMetadata(metadata: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw new TypeError(
        `safetensors: metadata ${key} is ${typeof value}, expected text. Write it as text, with String or JSON.stringify.`,
      );
    checkText('metadata', key);
    checkText(`metadata ${key}:`, value);
  }
}

function checkText(what: string, text: string): void {
  if (!isWellFormed(text))
    throw new RangeError(
      `safetensors: ${what} ${JSON.stringify(text)} has half of a surrogate pair. Use well-formed text.`,
    );
}

function writeFloats(data: ArrayLike<number>, view: DataView, at: number): void {
  if (littleEndian && data instanceof Float32Array) {
    const from = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(view.buffer).set(from, view.byteOffset + at);
    return;
  }
  for (let i = 0; i < data.length; i++) view.setFloat32(at + i * FLOAT_BYTES, data[i] ?? 0, true);
}
