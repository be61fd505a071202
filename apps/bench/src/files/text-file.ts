import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';

import { linesOf, type TextLine } from './lines.ts';

/** A file that is no text; the message ends a sentence. */
export class NoTextError extends Error {}

/**
 * Reads a text that a user may have saved with any editor: UTF-8, or UTF-16 with a byte order mark, as Windows has it. The
 * mark is left out.
 *
 * @throws NoTextError for other bytes
 * @throws Error of the file system
 */
export async function readTextFile(path: string): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of decodeText([await readFile(path)])) pieces.push(piece);
  return pieces.join('');
}

/**
 * Reads such a text line by line, so that it may be longer than a string can be. Its end may be missing, as of a log whose writer was
 * killed.
 *
 * @throws NoTextError and errors of the file system as {@link readTextFile}, at the line where they come up
 */
export const readTextLines = (path: string): AsyncGenerator<TextLine> =>
  linesOf(decodeText(createReadStream(path), { mayBeCut: true }));

/**
 * Decodes such a text that comes in chunks.
 *
 * @param chunks the first has to hold a byte order mark whole
 * @param options.mayBeCut whether a character at the end may be cut; default false
 * @throws NoTextError for other bytes
 */
export async function* decodeText(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { mayBeCut = false }: { readonly mayBeCut?: boolean } = {},
): AsyncGenerator<string> {
  let decoder = decoderOf([]);
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst) decoder = decoderOf(chunk);
    isFirst = false;
    yield decoded(decoder, chunk);
  }
  if (!mayBeCut) yield decoded(decoder);
}

/** @param chunk what comes next; undefined at the end */
function decoded(decoder: TextDecoder, chunk?: Uint8Array): string {
  let text: string;
  try {
    text = chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch (error) {
    throw new NoTextError(`it is no text in ${decoder.encoding.toUpperCase()}`, { cause: error });
  }
  if (text.includes('\0')) throw new NoTextError('it holds zero bytes, so it is no text in UTF-8');
  return text;
}

/** For the encoding that a byte order mark announces; UTF-8 without one. */
function decoderOf([first, second]: Iterable<number>): TextDecoder {
  const bigEndian = first === 0xfe && second === 0xff;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : bigEndian ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding, { fatal: true });
}
