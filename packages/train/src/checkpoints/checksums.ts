import { createHash } from 'node:crypto';

/** SHA-256 in hexadecimal. */
export const sha256 = (content: Uint8Array | string): string =>
  createHash('sha256').update(content).digest('hex');

/** The text of a `SHA256SUMS` file, which `sha256sum -c` also checks. */
export const formatSums = (sums: Readonly<Record<string, string>>): string =>
  Object.entries(sums)
    .map(([name, sum]) => `${sum}  ${name}\n`)
    .join('');

/**
 * The checksums by file name that a `SHA256SUMS` file lists.
 *
 * @returns undefined if the text is no such list
 */
export function parseSums(text: string): ReadonlyMap<string, string> | undefined {
  const lines = text.split('\n');
  // Its last line ends too; otherwise it was cut short.
  if (lines.pop() !== '' || lines.length === 0) return undefined;
  const sums = new Map<string, string>();
  for (const line of lines) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}([\w.-]+)$/.exec(line) ?? [];
    if (sum === undefined || name === undefined || sums.has(name)) return undefined;
    sums.set(name, sum);
  }
  return sums;
}
