/** A name for a file or folder, of what somebody calls an environment: `acme/Balance-v0` becomes `acme-Balance-v0`. */
export const fileName = (name: string): string =>
  name.replace(/[^\p{L}\p{N}._-]/gu, '-').replace(/^\.+/, (dots) => '-'.repeat(dots.length));
