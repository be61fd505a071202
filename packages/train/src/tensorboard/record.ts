import { crc32c } from '@node-rs/crc32';

const HEADER_BYTES = 12;
const CHECKSUM_BYTES = 4;
const MASK_DELTA = 0xa282ead8;

/** A checksum as the format stores it: rotated and shifted, so that data holding checksums keeps good ones. */
function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/**
 * One record in TFRecord framing, little-endian:
 *
 *     uint64 length · uint32 masked CRC32C of the length · data · uint32 masked CRC32C of the data
 *
 * Reference: TensorFlow, "TFRecord and tf.train.Example", section "TFRecords format details".
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + data.length + CHECKSUM_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(bytes.subarray(0, 8)), true);
  bytes.set(data, HEADER_BYTES);
  view.setUint32(HEADER_BYTES + data.length, maskedChecksum(data), true);
  return bytes;
}

/**
 * The records of a file.
 *
 * @param where names the file in messages
 * @throws Error if a record is cut short or its checksum is wrong, with the byte that it begins at
 */
export function* decodeRecords(bytes: Uint8Array, where = 'records'): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const left = bytes.length - at;
    const length = left >= HEADER_BYTES ? Number(view.getBigUint64(at, true)) : Number.NaN;
    const end = at + HEADER_BYTES + length;
    if (!(end + CHECKSUM_BYTES <= bytes.length))
      throw damaged(where, at, `is cut short, ${left} bytes are left`);
    const data = bytes.subarray(at + HEADER_BYTES, end);
    if (
      view.getUint32(at + 8, true) !== maskedChecksum(bytes.subarray(at, at + 8)) ||
      view.getUint32(end, true) !== maskedChecksum(data)
    )
      throw damaged(where, at, 'has a wrong checksum');
    yield data;
    at = end + CHECKSUM_BYTES;
  }
}

const damaged = (where: string, at: number, what: string): Error =>
  new Error(`${where}: the record at byte ${at} ${what}. Cut the file off there to keep what is before it.`);
