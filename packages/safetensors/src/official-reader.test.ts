import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findPython } from '../../../scripts/find-python.mjs';
import { decodeSafetensors, encodeSafetensors } from './index.ts';
import type { NamedTensors } from './index.ts';
import { entry, fileOf, withByte } from './testing/header.ts';

/** What a reader makes of a file; values as bytes, so that no bit is lost. */
type Reading =
  | { readonly refused: string }
  | {
      readonly metadata: readonly (readonly [key: string, text: string])[];
      readonly tensors: readonly (readonly [name: string, shape: readonly number[], bytes: string])[];
    };

const byText = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

function read(bytes: Uint8Array): Reading {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    return {
      metadata: Object.entries(metadata).toSorted(byText),
      tensors: Object.entries(tensors)
        .map(([name, { shape, data }]) => [name, shape, Buffer.from(data.buffer).toString('hex')] as const)
        .toSorted(byText),
    };
  } catch (error) {
    return { refused: String(error) };
  }
}

const named = (names: readonly string[]): NamedTensors =>
  Object.fromEntries(
    names.map((name, i) => [name, { shape: [i, 2], data: new Float32Array(2 * i).fill(i + 0.1) }]),
  );

/** Files that we write. */
const written: Readonly<Record<string, Uint8Array>> = {
  nothing: encodeSafetensors({}),
  scalar: encodeSafetensors({ x: { shape: [], data: [0.1] } }, { step: '12', ü: '✓ 🙂', '': 'e' }),
  bits: encodeSafetensors({ x: { shape: [5], data: [Number.NaN, -0, 1e-45, Infinity, -3e38] } }),
  names: encodeSafetensors(
    named(['10', 'a', '9', '__proto__', 'constructor', '', 'ü 🙂', 'with "quotes" \\ and \n lines', '0']),
    Object.fromEntries([
      ['__proto__', 'a'],
      ['__metadata__', 'b'],
      ['2', 'c'],
      ['1', 'd'],
    ]),
  ),
  part: encodeSafetensors({ x: { shape: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) } }),
};

/** Headers as others may write them, right and wrong. */
const made: Readonly<Record<string, Uint8Array>> = {
  'names in another order than data': fileOf({ b: entry([1], 4, 8), a: entry([1], 0, 4) }, 8),
  'whole numbers as names, the larger one first': fileOf(
    `{"10":${JSON.stringify(entry([1], 0, 4))},"9":${JSON.stringify(entry([2], 4, 12))}}`,
    12,
  ),
  'tensors of no size at either end': fileOf(
    { b: entry([1], 0, 4), z: entry([0], 0, 0), y: entry([0, 3], 4, 4) },
    4,
  ),
  'a tensor of no size inside of another': fileOf({ b: entry([2], 0, 8), z: entry([0], 4, 4) }, 8),
  'a scalar': fileOf({ a: entry([], 0, 4) }, 4),
  'data before the first tensor': fileOf({ a: entry([1], 4, 8) }, 8),
  'a hole': fileOf({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, 12),
  'an overlap': fileOf({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8),
  'the same data twice': fileOf({ a: entry([2], 0, 8), b: entry([2], 0, 8) }, 8),
  'data after the last tensor': fileOf({ a: entry([1], 0, 4) }, 8),
  'data that ends too early': fileOf({ a: entry([2], 0, 8) }, 4),
  'an end before its begin': fileOf({ a: entry([1], 4, 0) }, 4),
  'a size that is not the shape’s': fileOf({ a: entry([3], 0, 8) }, 8),
  'a size above the shape’s': fileOf({ a: entry([1], 0, 8) }, 8),
  'a name that is no UTF-8': withByte(fileOf({ aXb: entry([1], 0, 4) }, 4), 'X', 0xff),
  'a shape below 0': fileOf({ a: entry([-1], 0, 4) }, 4),
  'a shape with a fraction': fileOf({ a: entry([0.5, 2], 0, 4) }, 4),
  'metadata at the end': fileOf({ a: entry([1], 0, 4), __metadata__: { step: '1' } }, 4),
  'metadata that is nothing': fileOf({ __metadata__: null, a: entry([1], 0, 4) }, 4),
  'metadata that is a list': fileOf({ __metadata__: [], a: entry([1], 0, 4) }, 4),
  'metadata with a number': fileOf({ __metadata__: { step: 1 }, a: entry([1], 0, 4) }, 4),
  'metadata twice': fileOf('{"__metadata__":{},"__metadata__":{}}'),
  'a part of an entry twice': fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4),
  'an entry that is a number': fileOf({ a: 5 }),
  'a further part of an entry': fileOf({ a: { ...entry([1], 0, 4), note: 'x' } }, 4),
  'space around the header': fileOf(`  ${JSON.stringify({ a: entry([1], 0, 4) })} \n\t`, 4),
  'zeros after the header': fileOf(`${JSON.stringify({ a: entry([1], 0, 4) })}\0\0`, 4),
  'a byte order mark': fileOf(`\uFEFF${JSON.stringify({ a: entry([1], 0, 4) })}`, 4),
  'half of a character as a name': fileOf({ 'a\ud83d': entry([1], 0, 4) }, 4),
  'half of a character in metadata': fileOf({ __metadata__: { step: '\udc00' }, a: entry([1], 0, 4) }, 4),
  'a character as two escapes': fileOf(`{"\\ud83d\\ude42":${JSON.stringify(entry([1], 0, 4))}}`, 4),
  'an empty header': fileOf(''),
  'a list as header': fileOf([]),
  'null as header': fileOf('null'),
};

const python = findPython();

describe.skipIf(python === undefined)('the official reader of safetensors', () => {
  let folder = '';
  let official: Readonly<Record<string, Reading>> = {};

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'safetensors-'));
    for (const [name, bytes] of Object.entries({ ...written, ...made }))
      writeFileSync(path.join(folder, `${name}.safetensors`), bytes);
    const script = fileURLToPath(new URL('testing/official_reader.py', import.meta.url));
    official = JSON.parse(execFileSync(python ?? '', [script, folder], { encoding: 'utf8' }));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(written))('reads what we write: %s', (name, bytes) => {
    expect(official[name]).not.toHaveProperty('refused');
    expect(official[name]).toEqual(read(bytes));
  });

  it.each(['python-several', 'python-nothing'])('writes what we read: %s', (name) => {
    const reading = read(readFileSync(path.join(folder, `${name}.safetensors`)));
    expect(reading).not.toHaveProperty('refused');
    expect(reading).toEqual(official[name]);
  });

  it.each(Object.entries(made))('takes and refuses what we do: %s', (name, bytes) => {
    const [ours, theirs] = [read(bytes), official[name] ?? { refused: 'not read' }];
    if ('refused' in theirs) expect(ours).toHaveProperty('refused');
    else expect(ours).toEqual(theirs);
  });
});
