/** Indented JSON with a final newline. Typed arrays become lists; numbers that JSON doesn't know (NaN) become null. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, asList, 2)}\n`;
}

function asList(_: string, value: unknown): unknown {
  return isTypedArray(value) ? Array.from(value) : value;
}

function isTypedArray(value: unknown): value is Float64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
