import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

import { PolicyFileError } from './errors.ts';

/** Name of the metadata entry that ends a file: the SHA-256 of all bytes before that entry, in hexadecimal digits. */
export const CHECKSUM_KEY = 'meow_rl.sha256';

const DIGITS = 64;

/** A length as protobuf writes it, seven bits to a byte. */
const varint = (length: number): readonly number[] =>
  length < 128 ? [length] : [(length & 127) | 128, ...varint(length >> 7)];

/** A field of a protobuf message. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  Uint8Array.of((number << 3) | 2, ...varint(content.length), ...content);

const METADATA_PROPS = 14;
const [KEY, VALUE] = [1, 2];

/** An entry as ONNX's `ModelProto` has it: two messages one after the other are one with the fields of both. */
function metadataEntry(key: string, value: string): Uint8Array {
  const text = new TextEncoder();
  const content = [...field(KEY, text.encode(key)), ...field(VALUE, text.encode(value))];
  return field(METADATA_PROPS, Uint8Array.from(content));
}

const checksumEntry = (digits: string): Uint8Array => metadataEntry(CHECKSUM_KEY, digits);

const ENTRY_LENGTH = checksumEntry('0'.repeat(DIGITS)).length;
const BEGIN = checksumEntry('0'.repeat(DIGITS)).subarray(0, ENTRY_LENGTH - DIGITS);

/** The SHA-256 of numbers as float32, in hexadecimal digits. */
export function digestOf(arrays: readonly ArrayLike<number>[]): string {
  const digest = sha256.create();
  for (const values of arrays) digest.update(new Uint8Array(Float32Array.from(values).buffer));
  return bytesToHex(digest.digest());
}

/** The bytes of an ONNX file with their checksum in its metadata, as the last entry. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  return joined([bytes, checksumEntry(bytesToHex(sha256(bytes)))]);
}

/** A file that ends with a checksum with further metadata before it. */
export function withMetadata(file: Uint8Array, metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(metadata).map(([key, value]) => metadataEntry(key, value));
  return withChecksum(joined([file.subarray(0, file.length - ENTRY_LENGTH), ...entries]));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
