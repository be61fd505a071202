/** Deepest nesting of maps and lists; the protocol's messages have three levels, a policy's observations a few more. */
const MAX_DEPTH = 16;

/** Bytes that follow the first one of a value and say how long it is, and what its length counts. */
interface Header {
  /** Bytes of the length; 0 where the first byte has it. */
  readonly lengthBytes: number;
  /** Bytes after the header, for a length of `length`. */
  readonly bodyBytes: (length: number) => number;
  /** Values inside, for a length of `length`. */
  readonly children: (length: number) => number;
}

const none = () => 0;
const same = (length: number) => length;
const fixed = (bytes: number): Header => ({ lengthBytes: 0, bodyBytes: () => bytes, children: none });
const bytesOf = (lengthBytes: number, more = 0): Header => ({
  lengthBytes,
  bodyBytes: (length) => length + more,
  children: none,
});
const listOf = (lengthBytes: number): Header => ({ lengthBytes, bodyBytes: none, children: same });
const mapOf = (lengthBytes: number): Header => ({
  lengthBytes,
  bodyBytes: none,
  children: (length) => 2 * length,
});

/** From 0xc0 on. */
const HEADERS: readonly (Header | undefined)[] = [
  [fixed(0), undefined, fixed(0), fixed(0)],
  [bytesOf(1), bytesOf(2), bytesOf(4)],
  [bytesOf(1, 1), bytesOf(2, 1), bytesOf(4, 1)],
  [4, 8, 1, 2, 4, 8, 1, 2, 4, 8].map(fixed),
  [2, 3, 5, 9, 17].map(fixed),
  [bytesOf(1), bytesOf(2), bytesOf(4)],
  [listOf(2), listOf(4), mapOf(2), mapOf(4)],
].flat();

/** How many bytes follow the first one, and how many values. */
function measure(first: number, at: number, view: DataView): { bytes: number; children: number } {
  if (first <= 0x7f || first >= 0xe0) return { bytes: 0, children: 0 };
  if (first <= 0x8f) return { bytes: 0, children: 2 * (first & 0x0f) };
  if (first <= 0x9f) return { bytes: 0, children: first & 0x0f };
  if (first <= 0xbf) return { bytes: first & 0x1f, children: 0 };
  const header = HEADERS[first - 0xc0];
  if (!header) throw new TypeError(`byte ${at - 1} is 0xc1, which MessagePack doesn't use`);
  const { lengthBytes, bodyBytes, children } = header;
  if (at + lengthBytes > view.byteLength) throw incomplete(view.byteLength);
  const length =
    lengthBytes === 0
      ? 0
      : lengthBytes === 1
        ? view.getUint8(at)
        : lengthBytes === 2
          ? view.getUint16(at)
          : view.getUint32(at);
  return { bytes: lengthBytes + bodyBytes(length), children: children(length) };
}

const incomplete = (length: number) =>
  new TypeError(`it says that it is longer than the ${length} bytes that came`);

/**
 * Refuses a message whose lengths don't hold, before a decoder allocates by them: every length that passes is of what lies in the
 * message, so decoding takes a bounded multiple of its bytes.
 *
 * @param maxValues how many values its maps and lists may hold together
 * @throws TypeError saying what is wrong
 */
export function checkStructure(message: Uint8Array, maxValues = Number.POSITIVE_INFINITY): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  // Values that are still to come at each level.
  const pending: number[] = [1];
  let at = 0;
  let values = 0;
  while (pending.length > 0) {
    const level = pending.length - 1;
    const left = pending[level] ?? 0;
    if (left === 0) {
      pending.pop();
      continue;
    }
    pending[level] = left - 1;
    if (at >= view.byteLength) throw incomplete(view.byteLength);
    const { bytes, children } = measure(view.getUint8(at), at + 1, view);
    at += 1 + bytes;
    // Each value has at least a byte.
    if (at + children > view.byteLength) throw incomplete(view.byteLength);
    if (children === 0) continue;
    values += children;
    if (values > maxValues)
      throw new TypeError(`it holds more than ${maxValues} values; what is long has to be a tensor`);
    if (pending.length === MAX_DEPTH) throw new TypeError(`it is nested more than ${MAX_DEPTH} deep`);
    pending.push(children);
  }
  if (at < view.byteLength) throw new TypeError(`${view.byteLength - at} bytes follow its end`);
}
