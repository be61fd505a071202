/** Indented JSON with a final newline. Typed arrays become lists; numbers that JSON doesn't know (NaN) become null. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, asList, 2)}\n`;
}

/** The value of a JSON text; undefined where the text is none, as of a file that was cut off. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asList(_: string, value: unknown): unknown {
  return isTypedArray(value) ? Array.from(value) : value;
}

function isTypedArray(value: unknown): value is Float64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
