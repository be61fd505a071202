import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createGenerator, type Generator } from '@meow-rl/random';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { emptyBuffer, filledBuffer } from '../testing/filled-buffer.ts';
import type { ReplayManifest } from './manifest.ts';
import { replayStore } from './replay-store.ts';

let folder = '';
let manifest: ReplayManifest;
let expected: unknown;
let names: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'replay-damage-'));
  const { buffer, add, learn } = filledBuffer(1);
  add(130);
  learn();
  buffer.endEpisodes();
  manifest = await replayStore(folder, { chunkSize: 16 }).save(buffer);
  expected = buffer.state();
  names = [...manifest.chunks.map(({ name }) => name), manifest.priorities?.file.name ?? ''];
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Loads, and expects either an error that speaks of the buffer or, if nothing that counts was hit, the same bits. */
async function loadDamaged(value: unknown): Promise<'refused' | 'same'> {
  const buffer = emptyBuffer(9);
  try {
    await replayStore(folder).load(value, buffer);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toMatch(/replay: .*([Rr]esume|Make the buffer)/);
    return 'refused';
  }
  expect(buffer.state()).toEqual(expected);
  return 'same';
}

/** One random change of bytes: a flipped bit, bytes cut off, added, zeroed, or moved. */
function damage(bytes: Uint8Array, generator: Generator): Uint8Array {
  const at = generator.integer(bytes.length);
  const copy = Uint8Array.from(bytes);
  switch (generator.integer(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Uint8Array.from([...bytes.subarray(0, at), generator.integer(256), ...bytes.subarray(at)]);
    case 2:
      return copy.map((byte, i) => (i >= at && i < at + 64 ? byte ^ 0xff : byte));
    case 3:
      return Uint8Array.from([...bytes.subarray(at), ...bytes.subarray(0, at)]);
    default:
      copy[at] = (copy[at] ?? 0) ^ (1 << generator.integer(8));
      return copy;
  }
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('damage is never loaded', () => {
  it('of a file: 300 random changes', async () => {
    const generator = createGenerator(1);
    for (let i = 0; i < 300; i += 1) {
      const file = path.join(folder, names[i % names.length] ?? '');
      const bytes = await readFile(file);
      const damaged = damage(bytes, generator);
      await writeFile(file, damaged);
      expect(await loadDamaged(manifest)).toBe(same(bytes, damaged) ? 'same' : 'refused');
      await writeFile(file, bytes);
    }
    expect(await loadDamaged(manifest)).toBe('same');
  });

  it('of files that have changed places: every pair', async () => {
    const contents = await Promise.all(names.map((name) => readFile(path.join(folder, name))));
    for (const [i, one] of names.entries()) {
      for (const [j, other] of names.entries()) {
        if (j <= i) continue;
        await writeFile(path.join(folder, one), contents[j] ?? '');
        await writeFile(path.join(folder, other), contents[i] ?? '');
        expect(await loadDamaged(manifest)).toBe('refused');
        await writeFile(path.join(folder, other), contents[j] ?? '');
      }
      await writeFile(path.join(folder, one), contents[i] ?? '');
    }
    expect(await loadDamaged(manifest)).toBe('same');
  });

  it('of the manifest: 500 random changes that still are JSON, and every field left out', async () => {
    const generator = createGenerator(2);
    const bytes = Buffer.from(JSON.stringify(manifest));
    let tried = 0;
    while (tried < 500) {
      // Digits and letters for each other: most other changes are no JSON any more, which its reader tells.
      const at = generator.integer(bytes.length);
      const copy = Buffer.from(bytes);
      copy[at] = generator.integer(2) === 0 ? 48 + generator.integer(10) : 97 + generator.integer(26);
      const value = parsed(copy.toString());
      if (value === undefined) continue;
      tried += 1;
      const untouched = JSON.stringify(value) === JSON.stringify(manifest);
      expect(await loadDamaged(value)).toBe(untouched ? 'same' : 'refused');
    }
    for (const name of Object.keys(manifest)) {
      const without = Object.fromEntries(Object.entries(manifest).filter(([key]) => key !== name));
      expect(await loadDamaged(without)).toBe('refused');
    }
    expect(await loadDamaged({ ...manifest, surplus: 1 })).toBe('refused');
    for (const value of [undefined, null, 3, 'text', [], {}, [manifest]]) {
      expect(await loadDamaged(value)).toBe('refused');
    }
    const reordered = Object.fromEntries(Object.entries(manifest).toReversed());
    expect(await loadDamaged(reordered)).toBe('same');
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
