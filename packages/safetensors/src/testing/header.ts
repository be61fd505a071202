/** A file with this header, as text or as what JSON makes of it, and these bytes of data. */
export function fileOf(header: unknown, data: Uint8Array | number = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const numbers =
    typeof data === 'number' ? Uint8Array.from({ length: data }, (_, i) => (37 * i + 11) % 120) : data;
  const bytes = new Uint8Array(8 + json.length + numbers.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(numbers, 8 + json.length);
  return bytes;
}

/** A header's entry. */
export const entry = (shape: readonly unknown[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

/** A file with another byte in the place of a character. */
export const withByte = (file: Uint8Array, character: string, byte: number): Uint8Array =>
  file.with(file.indexOf(character.charCodeAt(0)), byte);
