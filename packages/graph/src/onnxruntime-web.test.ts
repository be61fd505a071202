import { afterEach, describe, expect, it, vi } from 'vitest';

import { onnxRuntimeWeb } from './onnxruntime-web.ts';
import { mul } from './ops/index.ts';
import { program } from './program.ts';
import { expectClose } from './testing/expect-close.ts';
import { useWasmThreads } from './runtimes/wasm-threads.ts';

const doubled = program({ inputs: { x: { shape: ['n'] } }, state: {} }, ({ x }) => ({
  outputs: { y: mul(x, 2) },
}));

afterEach(() => vi.unstubAllGlobals());

describe('onnxRuntimeWeb', () => {
  it('runs in Node', async () => {
    const executable = await onnxRuntimeWeb().load(doubled);
    expectClose((await executable.run({ x: [1, -3] })).y, [2, -6], 0);
    await executable.dispose();
    await expect(executable.run({ x: [1] })).rejects.toThrow('the executable was disposed of');
  });

  it.each([0, 1.5, Number.NaN])('refuses %d threads', (threads) => {
    expect(() => onnxRuntimeWeb({ threads })).toThrow(
      new RangeError(`onnxRuntimeWeb: threads must be a whole number >= 1, got ${threads}.`),
    );
  });

  it('has one number of threads in a page', () => {
    onnxRuntimeWeb();
    expect(() => onnxRuntimeWeb({ threads: 2 })).toThrow(
      'onnxRuntimeWeb: 2 threads are asked for, but onnxruntime-web has 1 in this page already.',
    );
    expect(onnxRuntimeWeb({ threads: 1 }).name).toBe('onnxruntime-web');
  });
});

describe('threads of onnxruntime-web', () => {
  it('need a page that is cross-origin isolated', () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const settings: { numThreads?: number } = {};
    expect(() => useWasmThreads('here', settings, 2)).toThrow(
      /here: 2 threads need a page that is cross-origin isolated.* Cross-Origin-Embedder-Policy: require-corp/,
    );
    expect(settings).toEqual({});
    useWasmThreads('here', settings, 1);
    expect(settings).toEqual({ numThreads: 1 });
  });

  it('are there where it is', () => {
    vi.stubGlobal('crossOriginIsolated', true);
    const settings: { numThreads?: number } = { numThreads: 0 };
    useWasmThreads('here', settings, 4);
    expect(settings).toEqual({ numThreads: 4 });
  });
});
