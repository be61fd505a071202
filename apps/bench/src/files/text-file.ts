import { readFile } from 'node:fs/promises';

/** A file that is no text; the message ends a sentence. */
export class NoTextError extends Error {}

/** Options of {@link readTextFile}. */
export interface TextFileOptions {
  /** Whether the end may be missing, as of a log whose writer was killed; default false. */
  readonly mayBeCut?: boolean;
}

/**
 * Reads a text that a user may have saved with any editor: UTF-8, or UTF-16 with a byte order mark, as Windows has it. The
 * mark is left out.
 *
 * @throws NoTextError for other bytes
 * @throws Error of the file system
 */
export async function readTextFile(path: string, options: TextFileOptions = {}): Promise<string> {
  const { mayBeCut = false } = options;
  const bytes = await readFile(path);
  const encoding = encodingOf(bytes);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: mayBeCut });
  } catch (error) {
    throw new NoTextError(`it is no text in ${encoding.toUpperCase()}`, { cause: error });
  }
  if (text.includes('\0')) throw new NoTextError('it holds zero bytes, so it is no text in UTF-8');
  return text;
}

/** The encoding that a byte order mark announces; UTF-8 without one. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
