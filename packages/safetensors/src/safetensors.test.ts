import { describe, expect, it } from 'vitest';

import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

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

  it('refuses sizes that do not fit', () => {
    expect(() => encodeSafetensors({ x: { shape: [3], data: [1] } })).toThrow('x has 1 elements');
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
    const half = new TextDecoder('latin1').decode(encodeSafetensors(tensors)).replace('"F32"', '"F16"');
    expect(() => decodeSafetensors(Uint8Array.from(half, (c) => c.charCodeAt(0)))).toThrow('type F16');
  });
});
