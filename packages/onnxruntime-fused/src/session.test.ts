import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';

import { inputKind, instruction, NONE, outputKind } from '../../graph/src/lowering/fusion/instructions.ts';
import { createSession } from './session.ts';
import { isLeftOut } from './testing/availability.ts';
import { fusedModel } from './testing/fused-model.ts';
import type { ThreadData } from './testing/thread.ts';

const tensor = (data: Float32Array) => new Tensor('float32', data, [data.length]);

const shared = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length));

const doubled = (elements: number): Uint8Array =>
  fusedModel({
    size: [elements, 1],
    inputs: [{ kind: inputKind.full, elements }],
    outputs: [{ kind: outputKind.full, shape: [elements] }],
    code: [[instruction.add, 1, 0, 0, NONE]],
  });

/** Starts a thread that runs a model of one input and one output. */
const start = (model: Uint8Array, runs: number, factor = 1, others = 0) => {
  const [x, y] = [shared(1000).fill(factor), shared(1000)];
  const worker = new Worker(new URL('testing/thread.ts', import.meta.url), {
    workerData: { model, x, y, runs, others } satisfies ThreadData,
  });
  return { y, worker, end: once(worker, 'exit') };
};

describe.skipIf(isLeftOut)('sessions', () => {
  test('run in threads at the same time, on shared memory', async () => {
    const model = doubled(1000);
    const threads = [1, 2].map((factor) => start(model, 500, factor));
    expect(await Promise.all(threads.map(({ end }) => end))).toEqual([[0], [0]]);
    expect(threads.map(({ y }) => new Set(y))).toEqual([new Set([2]), new Set([4])]);
  });

  test('are made in threads at the same time', async () => {
    const model = doubled(10);
    const threads = [1, 2, 3, 4].map((factor) => start(doubled(1000), 1, factor, 50));
    for (let i = 0; i < 50; i++) await createSession(model, 1).release();
    expect(await Promise.all(threads.map(({ end }) => end))).toEqual([[0], [0], [0], [0]]);
    expect(threads.map(({ y }) => y[0])).toEqual([2, 4, 6, 8]);
  });

  test('may be ended with their thread while they run', async () => {
    const model = doubled(1000);
    const { y, worker, end } = start(model, Infinity);
    while (y[999] !== 2) await setTimeout(1);
    await worker.terminate();
    expect(await end).toEqual([1]);
    // The engine goes on in this thread.
    const session = createSession(model, 1);
    const x0 = new Tensor('float32', new Float32Array(1000).fill(3), [1000]);
    const { y0 } = await session.run({ x0 }, { y0: null });
    expect(y0?.data[999]).toBe(6);
    await session.release();
  });

  test('keep no memory of their runs', async () => {
    const session = createSession(doubled(20_000), 1);
    const [x, y] = [new Float32Array(20_000).fill(1), new Float32Array(20_000)];
    // Results in new memory and in room that is offered, both asked for anew each time.
    const runs = async (count: number) => {
      for (let i = 0; i < count; i++) {
        await session.run({ x0: tensor(x) }, { y0: null });
        await session.run({ x0: tensor(x) }, { y0: tensor(y) });
      }
    };
    await runs(200);
    const before = process.memoryUsage().rss;
    await runs(2000);
    expect(y[0]).toBe(2);
    // 2000 runs that lost a result each would keep 160 MB; what waits for garbage collection is far less.
    expect(process.memoryUsage().rss - before).toBeLessThan(80e6);
    await session.release();
  });

  test('keep no memory when they are released, or cannot be made', () => {
    const model = doubled(10);
    const make = (): void => void createSession(model, 1).release();
    const fail = (): void => expect(() => createSession(model.subarray(0, -3), 1)).toThrow(Error);
    for (let i = 0; i < 20; i++) make();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 200; i++) make();
    for (let i = 0; i < 200; i++) fail();
    expect(process.memoryUsage().rss - before).toBeLessThan(40e6);
  });

  test('write nowhere once the memory of a result belongs to another thread', async () => {
    const session = createSession(doubled(3), 1);
    const x0 = new Tensor('float32', Float32Array.of(1, 2, 3), [3]);
    const [room, fetches] = [new Float32Array(3), { y0: new Tensor('float32', new Float32Array(3), [3]) }];
    const offered = { y0: new Tensor('float32', room, [3]) };
    await session.run({ x0 }, offered);
    const theirs = structuredClone(room, { transfer: [room.buffer] });
    x0.data.set([10, 20, 30]);
    await expect(session.run({ x0 }, offered)).rejects.toThrow(
      'the memory for the result y0 was transferred to another thread. Copy results before you transfer them',
    );
    expect([...theirs]).toEqual([2, 4, 6]);
    // Other room is as good as before.
    const { y0 } = await session.run({ x0 }, fetches);
    expect(y0?.data).toEqual(Float32Array.of(20, 40, 60));
    const input = Float32Array.of(1, 2, 3);
    const kept = new Tensor('float32', input, [3]);
    await session.run({ x0: kept }, fetches);
    structuredClone(input, { transfer: [input.buffer] });
    await expect(session.run({ x0: kept }, fetches)).rejects.toThrow('x0: its dimensions ask for 3 elements');
    await session.release();
  });

  test('refuse data of another type, and shapes that are not those of the data', async () => {
    const session = createSession(doubled(4), 1);
    const ints = new Tensor('int64', new BigInt64Array(4), [4]);
    const floats = new Tensor('float32', new Float32Array(4), [4]);
    await expect(session.run({ x0: ints }, { y0: null })).rejects.toThrow('x0: expected a Float32Array.');
    await expect(session.run({ x0: floats }, { y0: ints })).rejects.toThrow('y0: expected a Float32Array.');
    await expect(session.run({ x0: floats }, { z: null })).rejects.toThrow('no such output');
    const small = new Tensor('float32', new Float32Array(3), [3]);
    await expect(session.run({ x0: floats }, { y0: small })).rejects.toThrow(
      'invalid dimensions for output: y0',
    );
    await session.release();
  });
});
