import { describe, expect, it } from 'vitest';

import { mapInput, mapOutputs } from './compose.ts';
import { GraphError } from './errors.ts';
import { add, mul, sum, toFloat } from './ops/index.ts';
import { program } from './program.ts';
import { referenceRuntime } from './runtimes/reference.ts';
import { expectClose } from './testing/expect-close.ts';

const built = program(
  {
    inputs: { x: { shape: ['batch', 2] }, y: { shape: [2] } },
    state: { w: { shape: [2], initial: [1, 2] } },
  },
  ({ x, y }, { w }) => ({
    outputs: { product: mul(x, w), x, y },
    next: { w: add(w, sum(x, { axes: [0] })) },
  }),
);

describe('mapOutputs', () => {
  it('computes other outputs from the old ones', async () => {
    const mapped = mapOutputs(built, ({ product, y }) => ({ total: sum(product), shifted: add(product, y) }));
    const executable = await referenceRuntime.load(mapped);
    const outputs = await executable.run({ x: [1, 1, 2, 3], y: [10, 20] });
    expect(Object.keys(outputs)).toEqual(['total', 'shifted']);
    expectClose(outputs.total, [11], 0);
    expectClose(outputs.shifted, [11, 22, 12, 26], 0);
    expectClose(executable.state.read('w'), [4, 6], 0);
  });
});

describe('mapInput', () => {
  it('computes an input from another one, wherever the program reads it', async () => {
    const mapped = mapInput(built, 'x', { shape: ['batch', 2], dtype: 'int64' }, (x) => mul(toFloat(x), 10));
    expect(mapped.inputs.x.dtype).toBe('int64');
    const executable = await referenceRuntime.load(mapped);
    const outputs = await executable.run({ x: [1, 2], y: [5, 6] });
    expectClose(outputs.product, [10, 40], 0);
    expectClose(outputs.x, [10, 20], 0);
    expectClose(outputs.y, [5, 6], 0);
    expectClose(executable.state.read('w'), [11, 22], 0);
  });

  it('leaves the program that it is given as it was', async () => {
    mapInput(built, 'y', { shape: [2] }, (y) => mul(y, 2));
    const executable = await referenceRuntime.load(built);
    expectClose((await executable.run({ x: [1, 2], y: [5, 6] })).y, [5, 6], 0);
  });

  it('refuses another shape or dtype', () => {
    expect(() => mapInput(built, 'y', { shape: [3] }, (y) => y)).toThrow(
      new GraphError('mapInput: y came out as float32 [3], expected float32 [2].'),
    );
    expect(() => mapInput(built, 'y', { shape: [2], dtype: 'int64' }, (y) => y)).toThrow(
      new GraphError('mapInput: y came out as int64 [2], expected float32 [2].'),
    );
  });
});
