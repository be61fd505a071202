import { describe, expect, it } from 'vitest';

import { DataError } from './errors.ts';
import { program } from './program.ts';
import { bindAxes, resolveShape } from './runtime.ts';
import type { Shape } from './tensor-type.ts';

const zeros = (length: number): Float32Array => new Float32Array(length);

const withInputs = (shapes: Readonly<Record<string, Shape>>) =>
  program(
    {
      inputs: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }])),
      state: {},
    },
    () => ({ outputs: {} }),
  );

describe('bindAxes', () => {
  it('finds the lengths that inputs imply', () => {
    const built = withInputs({ x: ['batch', 3], y: ['batch', 'time'], z: ['time', 'time'], s: [] });
    const axes = bindAxes(built, { x: zeros(6), y: zeros(10), z: zeros(25), s: [1] });
    expect([...axes]).toEqual([
      ['batch', 2],
      ['time', 5],
    ]);
  });

  const built = withInputs({ x: ['batch', 3], y: ['batch'], c: [2, 2] });
  const fitting = { x: zeros(6), y: zeros(2), c: zeros(4) };

  it.each([
    ['a missing input', built, { x: zeros(6), y: zeros(2) }, 'run: input c [2, 2] is missing.'],
    [
      'an unknown input',
      built,
      { ...fitting, z: zeros(1) },
      'run: unknown input z. The program has x, y, c.',
    ],
    [
      'an unknown input where there are none',
      withInputs({}),
      { z: zeros(1) },
      'run: unknown input z. The program has none.',
    ],
    [
      'a static size that does not fit',
      built,
      { ...fitting, c: zeros(3) },
      'run: input c has 3 elements, which does not fit [2, 2].',
    ],
    [
      'a size that is no multiple',
      built,
      { ...fitting, x: zeros(7) },
      'run: input x has 7 elements, which does not fit [batch, 3].',
    ],
    [
      'an empty batch',
      built,
      { ...fitting, x: zeros(0) },
      'run: input x has 0 elements, which does not fit [batch, 3].',
    ],
    [
      'two inputs that disagree',
      built,
      { ...fitting, y: zeros(3) },
      'run: input y has 3 elements, which does not fit [batch] (batch = 2 from input x).',
    ],
    [
      'two axes at once',
      withInputs({ x: ['batch', 'time'] }),
      { x: zeros(6) },
      'run: input x [batch, time] has several unknown axes; give a known one first.',
    ],
    [
      'an unknown axis twice',
      withInputs({ x: ['n', 'n'] }),
      { x: zeros(9) },
      'run: input x [n, n] has several unknown axes; give a known one first.',
    ],
  ])('refuses %s', (_, built, inputs, message) => {
    expect(() => bindAxes(built, inputs)).toThrow(new DataError(message));
  });
});

describe('resolveShape', () => {
  it('puts lengths in the place of names', () => {
    expect(resolveShape(['batch', 3], new Map([['batch', 2]]))).toEqual([2, 3]);
    expect(resolveShape(['time', 3], new Map([['batch', 2]]))).toBeUndefined();
  });
});
