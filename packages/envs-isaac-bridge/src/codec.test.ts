import { encode } from '@msgpack/msgpack';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { decodeMessage, encodeMessage } from './codec.ts';
import { ndarray, numbersOf, type Ndarray } from './ndarray.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** `msgpack.packb({'a': {b'__ndarray__': True, b'data': x.tobytes(), b'dtype': '<f4', b'shape': x.shape}})` for x = [[1, -0.5]]. */
const FROM_PYTHON =
  '81a16184c40b5f5f6e6461727261795f5fc3c40464617461c4080000803f000000bfc4056474797065a33c6634c4057368617065920102';

describe('encodeMessage and decodeMessage', () => {
  it('read what Python writes, tensors as views over it', () => {
    const message = bytes(FROM_PYTHON);
    const { a } = decodeMessage(message) as { a: Ndarray };
    expect(a).toMatchObject({ dtype: '<f4', shape: [1, 2] });
    expect([...numbersOf(a)]).toEqual([1, -0.5]);
    expect(a.data.buffer).toBe(message.buffer);
  });

  it('write what Python reads, with byte-string keys', () => {
    const written = encodeMessage({ a: ndarray(Float32Array.of(1, -0.5), [1, 2]) });
    // The same but for the length of the data in 32 bits.
    expect(hex(written)).toBe(FROM_PYTHON.replace('c4080000803f', 'c6000000080000803f'));
  });

  it('give back all kinds of values, and leave out what is undefined', () => {
    const message = {
      text: 'ä',
      nothing: null,
      flags: [true, false],
      numbers: [0, -1, 2 ** 40, 0.1],
      nested: { many: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, i])) },
      long: Array.from({ length: 66_000 }, (_, i) => i % 100),
      bytes: Uint8Array.of(1, 2),
    };
    const decoded = decodeMessage(encodeMessage({ ...message, absent: undefined }));
    expect(decoded).toEqual(message);
    expect('absent' in decoded).toBe(false);
  });

  it.each([
    ['f4', Float32Array.of(1.5, -0, Number.NaN)],
    ['f8', Float64Array.of(0.1, -0, Number.POSITIVE_INFINITY)],
    ['i4', Int32Array.of(-(2 ** 31), 0, 7)],
    ['u1', Uint8Array.of(0, 1, 255)],
  ])('give back tensors of %s wherever they lie in the message', (_, values) => {
    for (let padding = 0; padding < 8; padding += 1) {
      const message = encodeMessage({ ['x'.repeat(1 + padding)]: ndarray(values, [values.length]) });
      const [tensor] = Object.values(decodeMessage(message)) as Ndarray[];
      expect([...numbersOf(tensor as Ndarray)]).toEqual([...values]);
    }
  });

  it('refuse more values than are asked for', () => {
    const written = encodeMessage({ a: [1, 2, 3] });
    expect(decodeMessage(written, { maxValues: 5 })).toEqual({ a: [1, 2, 3] });
    expect(() => decodeMessage(written, { maxValues: 4 })).toThrow('it holds more than 4 values');
  });

  it('read 64-bit integers', () => {
    const data = new Uint8Array(BigInt64Array.of(-3n, 2n ** 40n).buffer);
    expect([...numbersOf({ ndarray: true, dtype: '<i8', shape: [2], data })]).toEqual([-3, 2 ** 40]);
  });

  const tensor = { __ndarray__: true, data: new Uint8Array(8), dtype: '<f4', shape: [2] };
  it.each([
    ['another dtype', { ...tensor, dtype: '>f4' }, 'a tensor has dtype ">f4", expected one of <f4'],
    ['no dtype', { ...tensor, dtype: undefined }, 'a tensor has dtype'],
    ['a wrong size', { ...tensor, shape: [3] }, 'with shape [3] has 8 bytes, expected 12'],
    ['a negative size', { ...tensor, shape: [-2] }, 'a shape that is no list of sizes'],
    ['a size that overflows', { ...tensor, shape: [2 ** 40, 2 ** 40] }, 'has 8 bytes, expected'],
    ['no bytes', { ...tensor, data: 'abcdefgh' }, 'data that are no bytes'],
    [
      'the form of one that was read',
      { ndarray: true, dtype: '<f4', shape: [2], data: { length: 4e9 } },
      'a map says ndarray',
    ],
  ])('refuse a tensor with %s', (_, map, problem) => {
    expect(() => decodeMessage(encode({ a: map }))).toThrow(problem);
  });

  it.each([
    ['', 'longer than the 0 bytes that came'],
    ['80c0', '1 bytes follow its end'],
    ['c1', "byte 0 is 0xc1, which MessagePack doesn't use"],
    ['93c0c0', 'longer than the 3 bytes'],
    ['90', 'no map with text keys'],
    // A list of 2³² − 1 entries, bytes and text of as many, a map too.
    ['ddffffffff', 'longer than the 5 bytes'],
    ['c6ffffffff00', 'longer than the 6 bytes'],
    ['dbffffffff00', 'longer than the 6 bytes'],
    ['dfffffffff00', 'longer than the 6 bytes'],
    ['c9ffffffff0000', 'longer than the 7 bytes'],
    ['91'.repeat(1000) + 'c0', 'nested more than 16 deep'],
    ['81a161d6ff00000000', 'an extension type'],
    ['8101c0', 'a key that is neither text nor bytes'],
    ['81a9' + Buffer.from('__proto__').toString('hex') + 'c0', '__proto__'],
  ])('refuse the bytes %s', (text, problem) => {
    expect(() => decodeMessage(bytes(text))).toThrow(problem);
  });

  it('refuse or read any bytes without another kind of error, taking no more memory than a multiple of them', () => {
    const generator = createGenerator(1);
    const before = process.memoryUsage().rss;
    let refused = 0;
    for (let i = 0; i < 5000; i += 1) {
      const noise = Uint8Array.from({ length: generator.integer(64) }, () => generator.integer(256));
      // Most claim to be a map of one entry, to get past the first byte.
      if (noise.length > 3 && i % 4 > 0) noise.set([0x81, 0xa1, 0x61]);
      try {
        decodeMessage(noise);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toBeInstanceOf(RangeError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(2500);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });
});
