import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';
import { linesOf, type TextLine } from './lines.ts';
import { decodeText, NoTextError, readTextFile, readTextLines } from './text-file.ts';

/** A text of which every border of characters and lines can be met. */
const TEXT = 'a\n\n{"b":"ü€😀"}\r\nc\u2028d\n\uFEFFe\nlast';
const LINES: readonly TextLine[] = [
  ...['a', '', '{"b":"ü€😀"}\r', 'c\u2028d', '\uFEFFe'].map((text) => ({ text, isWhole: true })),
  { text: 'last', isWhole: false },
];

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Bytes in chunks of a size, the first of at least as many as a byte order mark of UTF-16 has. */
function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const first = Math.max(2, size);
  const others = Array.from({ length: Math.ceil((bytes.length - first) / size) }, (_, i) =>
    bytes.subarray(first + i * size, first + (i + 1) * size),
  );
  return [bytes.subarray(0, first), ...others];
}

const utf16 = () => Buffer.from(`\uFEFF${TEXT}`, 'utf16le');

describe('the lines of a text in chunks', () => {
  it.each([1, 2, 3, 4, 5, 7, 11, 1000])('are the same in chunks of %i bytes', async (size) => {
    for (const bytes of [Buffer.from(TEXT), Buffer.from(`\uFEFF${TEXT}`), utf16(), utf16().swap16()])
      expect(await all(linesOf(decodeText(chunksOf(bytes, size))))).toEqual(LINES);
  });

  it.each([1, 3, 1000])(
    'may end inside of a character, if they are allowed to: by %i bytes',
    async (size) => {
      const cut = chunksOf(Buffer.from('a\nbü').subarray(0, -1), size);
      await expect(all(decodeText(cut))).rejects.toThrow(new NoTextError('it is no text in UTF-8'));
      expect(await all(linesOf(decodeText(cut, { mayBeCut: true })))).toEqual([
        { text: 'a', isWhole: true },
        { text: 'b', isWhole: false },
      ]);
    },
  );

  it('are given before one that is none', async () => {
    const read: TextLine[] = [];
    const reading = async (bytes: Uint8Array) => {
      const lines = linesOf(decodeText([Buffer.from('a\nb'), bytes]));
      for await (const line of lines) read.push(line);
    };
    await expect(reading(Uint8Array.of(0xff))).rejects.toThrow('it is no text in UTF-8');
    await expect(reading(Uint8Array.of(0))).rejects.toThrow('it holds zero bytes');
    expect(read).toEqual([
      { text: 'a', isWhole: true },
      { text: 'a', isWhole: true },
    ]);
  });
});

it('a file is read whole or line by line, over more than one chunk of it', async () => {
  const file = path.join(await temporaryFolder(), 'text');
  // Lines of 7 bytes, which no power of two is a multiple of.
  const lines = Array.from({ length: 50_000 }, () => '€ü1');
  await writeFile(file, `\uFEFF${lines.join('\n')}\n`);
  expect((await readTextFile(file)).split('\n')).toEqual([...lines, '']);
  const read = await all(readTextLines(file));
  expect(read.map(({ text }) => text)).toEqual(lines);
  expect(read.every(({ isWhole }) => isWhole)).toBe(true);
  await writeFile(file, '');
  expect(await readTextFile(file)).toBe('');
  expect(await all(readTextLines(file))).toEqual([]);
});
