/** A stream to print on, such as `process.stdout`. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean };
