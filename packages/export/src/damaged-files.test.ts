import { createHash } from 'node:crypto';

import { decodeModel, encodeModel, mul, program, serialize } from '@meow-rl/graph';
import type { OnnxModel } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';
import { beforeAll, describe, expect, test } from 'vitest';

import { CHECKSUM_KEY, hasChecksum, withChecksum } from './checksum.ts';
import { decodePolicyFile, loadPolicy, PolicyFileError, policyFiles } from './index.ts';
import type { EngineName } from './index.ts';
import { metadata, trainedAgent } from './testing/trained-agent.ts';

let file: Uint8Array = new Uint8Array();

beforeAll(async () => {
  const agent = await trainedAgent();
  file = policyFiles(agent.deployment(), metadata).policy ?? file;
  await agent.dispose();
});

const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What opening gives: the class and text of the error, or that it was opened. */
const opening = async (bytes: Uint8Array, engine: EngineName = 'onnxruntime-node'): Promise<string> => {
  try {
    await (await loadPolicy(bytes, { engine })).dispose();
    return 'opened';
  } catch (error) {
    return error instanceof PolicyFileError ? error.message : `another error: ${String(error)}`;
  }
};

describe('the checksum', () => {
  test('is the SHA-256 of what comes before it, and metadata for everybody else', () => {
    const { metadataProps } = decodeModel(file);
    const length = CHECKSUM_KEY.length + 64 + 6;
    expect(metadataProps.at(-1)).toMatchObject({
      key: CHECKSUM_KEY,
      value: hex(file.subarray(0, file.length - length)),
    });
    expect(decodePolicyFile(file).sha256).toBe(metadataProps.at(-1)?.value);
    expect(decodeModel(file.subarray(0, file.length - length)).metadataProps).toHaveLength(
      metadataProps.length - 1,
    );
  });

  test('is not there where nothing was appended', () => {
    expect(hasChecksum(new Uint8Array(), 'a')).toBe(false);
    expect(hasChecksum(new Uint8Array(200), 'a')).toBe(false);
    expect(hasChecksum(withChecksum(new Uint8Array()), 'a')).toBe(true);
  });
});

/** A file with one thing changed, wherever the generator says. */
function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const random = createGenerator(seed);
  const below = (end: number): number => Math.floor(random.uniform() * end);
  const at = below(bytes.length);
  const copy = bytes.slice();
  const kinds = [
    () => copy.fill((copy[at] ?? 0) ^ (1 << below(8)), at, at + 1),
    () => copy.fill((copy[at] ?? 0) + 1 + below(255), at, at + 1),
    () => Uint8Array.of(...copy.subarray(0, at), ...copy.subarray(at + 1)),
    () => Uint8Array.of(...copy.subarray(0, at), below(256), ...copy.subarray(at)),
    // Two numbers exchanged, as far as they differ.
    () => {
      const [here, there] = [4 * below(bytes.length / 4 - 1), 4 * below(bytes.length / 4 - 1)];
      copy.set(bytes.subarray(here, here + 4), there);
      copy.set(bytes.subarray(there, there + 4), here);
      return copy;
    },
  ];
  const changed = kinds[seed % kinds.length]?.() ?? copy;
  const isSame = changed.length === bytes.length && changed.every((byte, i) => byte === bytes[i]);
  return isSame ? copy.fill((copy[at] ?? 0) ^ 1, at, at + 1) : changed;
}

describe('a damaged file', () => {
  test.each<EngineName>(['onnxruntime-node', 'onnxruntime-web'])(
    'is refused on %s, whatever was changed: 200 mutations',
    async (engine) => {
      expect(await opening(file, engine)).toBe('opened');
      const seeds = Array.from({ length: 200 }, (_, seed) => seed);
      for (const seed of seeds)
        expect(await opening(mutated(file, seed), engine), `mutation ${seed}`).toMatch(
          /^policy\.onnx: .*\.$/,
        );
    },
  );

  test('is refused for each bit of its checksum', async () => {
    for (let at = file.length - CHECKSUM_KEY.length - 70; at < file.length; at += 1) {
      const copy = file.slice();
      copy[at] = (copy[at] ?? 0) ^ 1;
      expect(await opening(copy), `byte ${at}`).toMatch(/^policy\.onnx: .*[Ee]xport it again\.$/);
    }
  });

  test('says what was expected', async () => {
    const copy = file.slice();
    copy[1000] = (copy[1000] ?? 0) ^ 64;
    const end = file.length - CHECKSUM_KEY.length - 70;
    expect(await opening(copy)).toBe(
      `policy.onnx: its SHA-256 is ${hex(copy.subarray(0, end)).slice(0, 8)}…, expected ${hex(file.subarray(0, end)).slice(0, 8)}… as it says itself: it is damaged, or another program has changed it. Export it again.`,
    );
  });
});

/** The model of the file, changed and written by another program: without a checksum, or with one that is not the last entry. */
const rewritten = (change: (properties: OnnxModel['metadataProps']) => OnnxModel['metadataProps']) => {
  const { irVersion, producerName, producerVersion, docString, opsetImport, metadataProps, graph } =
    decodeModel(file);
  return encodeModel({
    irVersion,
    producerName,
    producerVersion,
    docString,
    opsetImport,
    metadataProps: change(metadataProps),
    graph,
  });
};

describe('a file that another program has written', () => {
  test.each([
    ['it is an ONNX file without meow-rl metadata, made by another program.', () => []],
    [
      'its checksum is missing: it is damaged, or another program has changed it. Export it again.',
      (properties: OnnxModel['metadataProps']) => properties.filter(({ key }) => key !== CHECKSUM_KEY),
    ],
    [
      'its checksum is not the last thing in it',
      (properties: OnnxModel['metadataProps']) => [...properties, { key: 'note', value: 'mine' }],
    ],
    [
      'expected a policy of format 2, got format 9. Read it with the version of @meow-rl/export that wrote it or a newer one',
      (properties: OnnxModel['metadataProps']) =>
        properties
          .map(({ key, value }) => ({ key, value: key === 'meow_rl.format' ? '9' : value }))
          .slice(0, -1),
    ],
    [
      'its precision is int4, expected float32, float16, int8.',
      (properties: OnnxModel['metadataProps']) =>
        properties
          .map(({ key, value }) => ({ key, value: key === 'precision' ? 'int4' : value }))
          .slice(0, -1),
    ],
  ])('is refused: %s', async (message, change) => {
    expect(await opening(rewritten(change))).toContain(message);
  });

  test('is refused though it is a fine ONNX file', async () => {
    const other = program({ inputs: { x: { shape: [2] } }, state: {} }, ({ x }) => ({
      outputs: { y: mul(x, 2) },
    }));
    expect(await opening(serialize(other))).toBe(
      'policy.onnx: it is an ONNX file without meow-rl metadata, made by another program. Give a file that meow-bench export or exportAgent has written.',
    );
  });
});
