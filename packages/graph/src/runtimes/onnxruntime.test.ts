import { describe, expect, it } from 'vitest';

import { DataError } from '../errors.ts';
import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { add, mul, sum } from '../ops/index.ts';
import { program } from '../program.ts';
import { expectClose } from '../testing/expect-close.ts';

const counter = program(
  { inputs: { x: { shape: ['n'] } }, state: { w: { shape: [], initial: [0] } } },
  ({ x }, { w }) => ({ outputs: { y: mul(x, 2) }, next: { w: add(w, sum(x)) } }),
);

describe('onnxruntime', () => {
  it('refuses a run while another has not finished', async () => {
    const executable = await onnxRuntimeNode().load(counter);
    const first = executable.run({ x: [1] });
    await expect(executable.run({ x: [2] })).rejects.toThrow(
      new DataError('run: the previous run has not finished. Await it, or load the program twice.'),
    );
    expectClose((await first).y, [2], 0);
    expectClose((await executable.run({ x: [3] })).y, [6], 0);
    expectClose(executable.state.read('w'), [4], 0);
    await executable.dispose();
  });

  it('refuses to be disposed of during a run', async () => {
    const executable = await onnxRuntimeNode().load(counter);
    const running = executable.run({ x: [1] });
    await expect(executable.dispose()).rejects.toThrow(
      new DataError('dispose: a run has not finished. Await it first.'),
    );
    expectClose((await running).y, [2], 0);
    await executable.dispose();
  });

  it('reads an array anew that is given again, with another one in between too', async () => {
    const executable = await onnxRuntimeNode().load(counter);
    const x = Float32Array.of(1, 2);
    expectClose((await executable.run({ x })).y, [2, 4], 0);
    x.set([3, 5]);
    expectClose((await executable.run({ x })).y, [6, 10], 0);
    expectClose((await executable.run({ x: Float32Array.of(7) })).y, [14], 0);
    x.set([8, 9]);
    expectClose((await executable.run({ x })).y, [16, 18], 0);
    expectClose(executable.state.read('w'), [1 + 2 + 3 + 5 + 7 + 8 + 9], 0);
    await executable.dispose();
  });

  it('can run again after a run that failed', async () => {
    const executable = await onnxRuntimeNode().load(counter);
    await expect(executable.run({ x: [] })).rejects.toThrow(DataError);
    expectClose((await executable.run({ x: [2] })).y, [4], 0);
    await executable.dispose();
  });

  it.each([0, 1.5, Number.NaN])('refuses %d threads', (threads) => {
    expect(() => onnxRuntimeNode({ threads })).toThrow(
      new RangeError(`onnxRuntimeNode: threads must be a whole number >= 1, got ${threads}.`),
    );
  });

  it('gives the same numbers with two threads', async () => {
    const executable = await onnxRuntimeNode({ threads: 2 }).load(counter);
    expectClose((await executable.run({ x: [1.5] })).y, [3], 0);
    await executable.dispose();
  });
});
