import { describe, expect, it } from 'vitest';

import { decodeSafetensors, encodeSafetensors } from './index.ts';
import { entry, fileOf, withByte } from './testing/header.ts';

const tensors = {
  'prior.0.weight': { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, -1e30) },
  'prior.0.bias': { shape: [], data: [0.1] },
};

describe('safetensors', () => {
  it('gives back names, shapes, float32 values and metadata', () => {
    const { tensors: read, metadata } = decodeSafetensors(encodeSafetensors(tensors, { step: '12', ü: '✓' }));
    expect(read['prior.0.weight']).toEqual(tensors['prior.0.weight']);
    expect(read['prior.0.bias']).toEqual({ shape: [], data: Float32Array.of(0.1) });
    expect(metadata).toEqual({ step: '12', ü: '✓' });
  });

  it('writes the layout that other readers expect', () => {
    const bytes = encodeSafetensors({ x: { shape: [2], data: [1, 2] } });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    expect(header.x).toEqual({ dtype: 'F32', shape: [2], data_offsets: [0, 8] });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
  });

  it.each([1, 2, 3, 4, 7, 8, 4096])('reads a file that begins at byte %i of a larger one', (begin) => {
    const bytes = encodeSafetensors(tensors, { step: '12' });
    const larger = new Uint8Array(begin + bytes.length + 5).fill(0x7b);
    larger.set(bytes, begin);
    const read = decodeSafetensors(larger.subarray(begin, begin + bytes.length));
    expect(read).toEqual(decodeSafetensors(bytes));
    expect(read.tensors['prior.0.weight']?.data).toEqual(tensors['prior.0.weight'].data);
  });

  it('writes a part of a larger array', () => {
    const data = Float32Array.of(7, 1, 2, 7).subarray(1, 3);
    expect(encodeSafetensors({ x: { shape: [2], data } })).toEqual(
      encodeSafetensors({ x: { shape: [2], data: [1, 2] } }),
    );
  });

  it('reads tensors that are named in another order than that of their data', () => {
    const bytes = fileOf(
      { b: entry([1], 4, 8), none: entry([0, 2], 4, 4), a: entry([1], 0, 4) },
      new Uint8Array(Float32Array.of(1, 2).buffer),
    );
    expect(Object.entries(decodeSafetensors(bytes).tensors)).toEqual([
      ['b', { shape: [1], data: Float32Array.of(2) }],
      ['none', { shape: [0, 2], data: new Float32Array(0) }],
      ['a', { shape: [1], data: Float32Array.of(1) }],
    ]);
  });

  it('takes every name for a name', () => {
    const names = ['10', '9', '__proto__', 'constructor', 'toString', ''];
    const saved = Object.fromEntries(names.map((name, i) => [name, { shape: [1], data: [i] }]));
    const texts = Object.fromEntries([...names, '__metadata__'].map((name) => [name, `text of ${name}`]));
    const read = decodeSafetensors(encodeSafetensors(saved, texts));
    expect(new Map(Object.entries(read.tensors))).toEqual(
      new Map(names.map((name, i) => [name, { shape: [1], data: Float32Array.of(i) }])),
    );
    expect(new Map(Object.entries(read.metadata))).toEqual(new Map(Object.entries(texts)));
  });

  const one = { shape: [1], data: [1] };

  it('writes no name or text that readers refuse', () => {
    expect(() => encodeSafetensors({ __metadata__: one })).toThrow(
      'a tensor is named __metadata__, where the format keeps metadata. Give it another name.',
    );
    const half = 'a\ud83d';
    expect(() => encodeSafetensors({ [half]: one })).toThrow(
      'the name "a\\ud83d" has half of a surrogate pair',
    );
    expect(() => encodeSafetensors({ x: one }, { [half]: '' })).toThrow('metadata "a\\ud83d" has half');
    expect(() => encodeSafetensors({ x: one }, { step: half })).toThrow('metadata step: "a\\ud83d" has half');
    const counted: Record<string, string> = JSON.parse('{ "step": 12 }');
    expect(() => encodeSafetensors({ x: one }, counted)).toThrow(
      'metadata step is number, expected text. Write it as text, with String or JSON.stringify.',
    );
  });

  it('writes and reads the longest header that readers take, and no longer one', () => {
    const text = 'a'.repeat(100_000_000 - '{"__metadata__":{"text":""}}'.length);
    const bytes = encodeSafetensors({}, { text });
    expect(bytes).toHaveLength(100_000_008);
    expect(decodeSafetensors(bytes).metadata['text']).toHaveLength(text.length);
    expect(() => encodeSafetensors({}, { text: `${text}a` })).toThrow(
      'take 100000008 bytes, readers take 100000000. Save fewer tensors or less metadata in a file.',
    );
  });

  it('refuses sizes that do not fit', () => {
    expect(() => encodeSafetensors({ x: { shape: [3], data: [1] } })).toThrow('x has 1 elements');
    for (const shape of [[-1, -1], [0.5, 2], [Number.NaN]])
      expect(() => encodeSafetensors({ x: { shape, data: [1] } })).toThrow(
        `x has the shape [${shape.join(', ')}], expected whole numbers of at least 0.`,
      );
  });

  it('notices every truncation', () => {
    const bytes = encodeSafetensors(tensors);
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeSafetensors(bytes.subarray(0, length), 'a.safetensors')).toThrow(
        /^a\.safetensors: /,
      );
  });

  it('notices a damaged header, surplus bytes and other types', () => {
    const damaged = encodeSafetensors(tensors);
    damaged[8] = 0x21;
    expect(() => decodeSafetensors(damaged)).toThrow('its header is no JSON');
    const longer = new Uint8Array(encodeSafetensors(tensors).length + 3);
    longer.set(encodeSafetensors(tensors));
    expect(() => decodeSafetensors(longer)).toThrow('3 bytes follow');
    expect(() => decodeSafetensors(fileOf({ a: entry([1], 4, 8) }, 8))).toThrow(
      'the data of a begins at byte 4, the tensor before it ends at 0',
    );
    expect(() => decodeSafetensors(fileOf({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8))).toThrow(
      'the data of b begins at byte 4, the tensor before it ends at 8',
    );
    expect(() => decodeSafetensors(fileOf({ a: entry([3], 0, 8) }, 8))).toThrow(
      'a has 8 bytes, its shape [3] takes 12',
    );
    expect(() => decodeSafetensors(fileOf({ a: entry([1], 0, 8) }, 8))).toThrow(
      'a has 8 bytes, its shape [1] takes 4',
    );
    expect(() => decodeSafetensors(withByte(fileOf({ aXb: entry([1], 0, 4) }, 4), 'X', 0xff))).toThrow(
      'its header is no JSON',
    );
    expect(() => decodeSafetensors(fileOf({ a: entry([2], 0, 8) }, 4))).toThrow(
      'the data of a ends at byte 8 of 4',
    );
    expect(() => decodeSafetensors(fileOf({ __metadata__: { step: 1 } }))).toThrow(
      'its metadata step is no text',
    );
    expect(() => decodeSafetensors(fileOf({ 'a\ud83d': entry([1], 0, 4) }, 4))).toThrow(
      'the name "a\\ud83d" has half of a surrogate pair',
    );
    expect(() => decodeSafetensors(fileOf({ __metadata__: { '\udc00': '' } }))).toThrow(
      'metadata "\\udc00" has half of a surrogate pair',
    );
    expect(() => decodeSafetensors(fileOf({ __metadata__: { step: '\udc00' } }))).toThrow(
      'metadata step: "\\udc00" has half of a surrogate pair',
    );
    expect(() => decodeSafetensors(fileOf(' '.repeat(100_000_001)))).toThrow(
      'its header has 100000001 bytes, at most 100000000 are allowed',
    );
    const half = new TextDecoder('latin1').decode(encodeSafetensors(tensors)).replace('"F32"', '"F16"');
    expect(() => decodeSafetensors(Uint8Array.from(half, (c) => c.charCodeAt(0)))).toThrow('type F16');
  });

  it('notices a name that the header has twice, of which the format allows one', () => {
    const text = JSON.stringify(entry([1], 0, 4));
    const twice = (names: string) => () => decodeSafetensors(fileOf(`{${names},"a":${text}}`, 4));
    expect(twice(`"a":${text}`)).toThrow('its header has a twice');
    expect(twice(`"a\\"b":${text},"a\\u0022b" : ${text}`)).toThrow('its header has a"b twice');
    expect(twice(`"__metadata__":{"k":"1","k":"2"}`)).toThrow('its header has k twice');
    expect(twice(`"a\\\\":${text},"a\\\\":${text}`)).toThrow('its header has a\\ twice');
    // Values may look like keys, and objects may share them.
    const once = `{"__metadata__":{"\\\\":"\\\\\\"","k":"\\"k\\":","a":"k","shape":"}"},"k":${text},"b":${JSON.stringify(entry([0], 4, 4))}}`;
    expect(Object.keys(decodeSafetensors(fileOf(once, 4)).tensors)).toEqual(['k', 'b']);
  });
});

/** A file of a header alone, whatever it says. */
const fileWithText = (header: string, announced = header.length) => {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(announced), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
};

describe('a file whose header is none', () => {
  it.each([
    ['7', 'its header is no JSON object'],
    ['{"x":3}', "the header's entry for x is not one"],
    ['{"x":{"dtype":"F32","shape":[0]}}', "the header's entry for x is not one"],
    ['{"__metadata__":[]}', 'its metadata is no JSON object'],
  ])('%s', (header, problem) => {
    expect(() => decodeSafetensors(fileWithText(header))).toThrow(
      `safetensors: the file is damaged: ${problem}`,
    );
  });

  it('but an announcement', () => {
    expect(() => decodeSafetensors(fileWithText('{}', 3))).toThrow(
      '10 bytes are too few for the header that it announces',
    );
    expect(() => decodeSafetensors(new Uint8Array(7))).toThrow('7 bytes are too few for the header');
  });
});
