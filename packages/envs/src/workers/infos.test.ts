import { describe, expect, it } from 'vitest';

import type { Info } from '../env.ts';
import { numbersIn, readNumbers, shapeOf, writeNumbers } from './info-shape.ts';
import { infoReader, infoWriter, type WorkerMessage } from './infos.ts';
import { blockBytes, INFO_WIDTH, sharedBlock } from './shared-block.ts';

const walk = (value: number): Info => ({
  x: value,
  healthy: value > 0,
  tendons: Float64Array.of(value, -0, Number.NaN),
  nothing: null,
  feet: { left: new Float64Array(), right: Float64Array.of(2 * value), absent: undefined },
});

describe('the shape of an info', () => {
  it('counts, writes and reads its numbers, arrays among them', () => {
    const shape = shapeOf(walk(1));
    if (!shape) throw new Error('no shape');
    expect(numbersIn(shape)).toBe(6);
    const numbers = new Float64Array(8).fill(9);
    expect(writeNumbers(shape, walk(-0.5), numbers, 1)).toBe(7);
    expect([...numbers]).toEqual([9, -0.5, 0, -0.5, -0, Number.NaN, -1, 9]);
    expect(readNumbers(shape, numbers, 1)).toStrictEqual([walk(-0.5), 7]);
  });

  it('gives arrays of their own', () => {
    const numbers = Float64Array.of(1, 2);
    const [read] = readNumbers({ kind: 'Float64Array', length: 2 }, numbers, 0);
    numbers.fill(0);
    expect(read).toStrictEqual(Float64Array.of(1, 2));
  });

  it('differs for arrays of another length or kind', () => {
    const shape = shapeOf({ a: new Float64Array(2) });
    expect(shape).toEqual([['a', { kind: 'Float64Array', length: 2 }]]);
    if (!shape) throw new Error('no shape');
    const out = new Float64Array(4);
    for (const a of [new Float64Array(3), new Float32Array(2), [0, 0], undefined, { length: 2 }]) {
      expect(writeNumbers(shape, { a }, out, 0)).toBe(-1);
    }
    expect(writeNumbers(shape, { a: Float64Array.of(3, 4) }, out, 1)).toBe(3);
    expect([...out]).toEqual([0, 3, 4, 0]);
  });

  it.each([new Float32Array(1), [1], 'text', 1n, new Date(0), { deep: [1] }])('is none for %o', (value) => {
    expect(shapeOf({ value })).toBeUndefined();
  });
});

describe('infos in shared memory', () => {
  const sizes = { numEnvs: 2, workers: 1, width: 1, actionWidth: 1 };

  it('send one message per shape, and one per info that does not fit', () => {
    const block = sharedBlock(new SharedArrayBuffer(blockBytes(sizes)), sizes);
    block.infoShapes.fill(-1);
    const sent: WorkerMessage[] = [];
    const write = infoWriter(block, (message) => sent.push(message));
    const shapes = () => sent.flatMap((message) => (message.kind === 'shape' ? [message.shape] : []));
    const reader = infoReader(block, (_, number) => shapes()[number]);

    for (let step = 1; step <= 5; step += 1) {
      write(walk(step), 0);
      write(walk(-step), 1);
    }
    reader.update(new Map());
    expect([...reader.infos]).toStrictEqual([walk(5), walk(-5)]);
    expect(sent.map(({ kind }) => kind)).toEqual(['shape']);

    const full = { all: new Float64Array(INFO_WIDTH).fill(7) };
    const tooLong = { all: new Float64Array(INFO_WIDTH + 1) };
    write(full, 1);
    write(tooLong, 0);
    reader.update(new Map([[0, tooLong]]));
    expect([...reader.infos]).toStrictEqual([tooLong, full]);
    expect(sent.slice(1).map(({ kind }) => kind)).toEqual(['shape', 'info']);
  });
});
