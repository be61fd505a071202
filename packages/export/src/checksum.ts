import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

import { PolicyFileError } from './errors.ts';

/** Name of the metadata entry that ends a file: the SHA-256 of all bytes before that entry, in hexadecimal digits. */
export const CHECKSUM_KEY = 'meow_rl.sha256';

const DIGITS = 64;

/** A field of a protobuf message with as many bytes as one byte can say. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  Uint8Array.of((number << 3) | 2, content.length, ...content);

const METADATA_PROPS = 14;
const [KEY, VALUE] = [1, 2];

/** The entry as ONNX's `ModelProto` has it: two messages one after the other are one with the fields of both. */
function checksumEntry(digits: string): Uint8Array {
  const text = new TextEncoder();
  const [key, value] = [field(KEY, text.encode(CHECKSUM_KEY)), field(VALUE, text.encode(digits))];
  return field(METADATA_PROPS, Uint8Array.of(...key, ...value));
}

const ENTRY_LENGTH = checksumEntry('0'.repeat(DIGITS)).length;
const BEGIN = checksumEntry('0'.repeat(DIGITS)).subarray(0, ENTRY_LENGTH - DIGITS);

/** The bytes of an ONNX file with their checksum in its metadata, as the last entry. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  const entry = checksumEntry(bytesToHex(sha256(bytes)));
  const checked = new Uint8Array(bytes.length + entry.length);
  checked.set(bytes);
  checked.set(entry, bytes.length);
  return checked;
}

/**
 * Whether a file ends with a checksum, which is that of the bytes before it.
 *
 * @param where names the file in messages
 * @throws PolicyFileError if it is another one
 */
export function hasChecksum(bytes: Uint8Array, where: string): boolean {
  const end = bytes.length - ENTRY_LENGTH;
  if (end < 0 || BEGIN.some((byte, i) => bytes[end + i] !== byte)) return false;
  const written = new TextDecoder().decode(bytes.subarray(end + BEGIN.length));
  const actual = bytesToHex(sha256(bytes.subarray(0, end)));
  if (written === actual) return true;
  throw new PolicyFileError(
    `${where}: its SHA-256 is ${actual.slice(0, 8)}…, expected ${written.slice(0, 8)}… as it says itself: it is damaged, or another program has changed it. Export it again.`,
  );
}
