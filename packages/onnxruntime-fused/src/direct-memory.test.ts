import { expect, test } from 'vitest';

import { planMemory } from './direct-memory.ts';
import type { Step } from './direct-operations.ts';

const step = (
  inputs: readonly string[],
  outputs: Readonly<Record<string, number>>,
  more: Pick<Step, 'partAt' | 'joinsAt'> = {},
): Step => ({
  operator: 5,
  inputs,
  outputs: Object.entries(outputs).map(([name, size]) => ({ name, dims: [size] })),
  attributes: [0n],
  floats: [],
  ...more,
});

const joins = (...joinsAt: readonly number[]) => ({ joinsAt });

const plan = (steps: readonly Step[], ...results: readonly string[]) => planMemory(steps, new Set(results));

test('memory is given out again once nothing reads what is there', () => {
  const chain = ['x', 'a', 'b', 'c', 'd', 'y'];
  const steps = chain.slice(1).map((name, i) => step([chain[i] ?? ''], { [name]: 32 }));
  const { placeOf, size } = plan(steps, 'y');
  expect(size).toBe(64);
  expect(placeOf('a')).toEqual({ kind: 'memory', offset: 0 });
  expect(placeOf('b')).toEqual({ kind: 'memory', offset: 32 });
  expect(placeOf('c')).toEqual({ kind: 'memory', offset: 0 });
  expect(placeOf('y')).toEqual({ kind: 'room', of: 'y', offset: 0 });
});

test('what is read later stays where it is', () => {
  const steps = [
    step(['x'], { a: 20 }),
    step(['a'], { b: 5, c: 40 }),
    step(['b'], { d: 5 }),
    step(['a', 'c', 'd'], { y: 1 }),
  ];
  const { placeOf, size } = plan(steps, 'y');
  const offsets = ['a', 'b', 'c', 'd'].map((name) => {
    const place = placeOf(name);
    return place.kind === 'memory' ? place.offset : undefined;
  });
  // Whole cache lines: a 32, b 16, c 48, d 16.
  expect(offsets).toEqual([0, 32, 48, 96]);
  expect(size).toBe(112);
});

test('what is free is put together, and grows at the end', () => {
  const steps = [
    step(['x'], { a: 16, b: 16 }),
    step(['a', 'b'], { c: 16 }),
    step(['c'], { d: 32 }),
    step(['d'], { e: 64 }),
    step(['e'], { y: 1 }),
  ];
  const { placeOf, size } = plan(steps, 'y');
  expect(placeOf('d')).toEqual({ kind: 'memory', offset: 0 });
  expect(placeOf('e')).toEqual({ kind: 'memory', offset: 32 });
  expect(size).toBe(96);
});

test('a part lies in what it is a part of, which stays as long as it is read', () => {
  const steps = [
    step(['x'], { a: 32 }),
    step(['a'], { half: 16 }, { partAt: 16 }),
    step(['x'], { b: 16 }),
    step(['half', 'b'], { y: 1 }),
  ];
  const { placeOf, size } = plan(steps, 'y');
  expect(placeOf('half')).toEqual({ kind: 'part' });
  expect(placeOf('b')).toEqual({ kind: 'memory', offset: 32 });
  expect(size).toBe(48);
});

test('what is joined is made where it is joined, in memory and in the room for a result, whatever its shape', () => {
  const inner = [step(['x'], { a: 3 }), step(['x'], { b: 5 }), step(['a', 'b'], { ab: 8 }, joins(0, 3))];
  const steps = [
    ...inner,
    step(['x'], { c: 4 }),
    step(['c'], { flat: 4 }, { partAt: 0 }),
    step(['flat', 'ab', 'flat', 'x'], { y: 20 }, joins(0, 4, 12, 16)),
  ];
  const { placeOf, size } = plan(steps, 'y');
  expect(size).toBe(0);
  expect(placeOf('ab')).toEqual({ kind: 'room', of: 'y', offset: 4 });
  expect(placeOf('b')).toEqual({ kind: 'room', of: 'y', offset: 7 });
  expect(placeOf('c')).toEqual({ kind: 'room', of: 'y', offset: 0 });

  const read = plan([...inner, step(['ab'], { y: 1 })], 'y');
  expect(read.placeOf('b')).toEqual({ kind: 'memory', offset: 3 });
  expect(read.size).toBe(16);
});

test('a result of its own is not made where another one is joined', () => {
  const steps = [step(['x'], { a: 4 }), step(['a', 'x'], { y: 8 }, { joinsAt: [0, 4] })];
  expect(plan(steps, 'a', 'y').placeOf('a')).toEqual({ kind: 'room', of: 'a', offset: 0 });
});

test('what a result is another shape of is made in its room, a part of more is not', () => {
  const whole = [step(['x'], { a: 4 }), step(['a'], { y: 4 }, { partAt: 0 })];
  expect(plan(whole, 'y').placeOf('a')).toEqual({ kind: 'room', of: 'y', offset: 0 });
  const some = [step(['x'], { a: 5 }), step(['a'], { y: 4 }, { partAt: 0 })];
  expect(plan(some, 'y').placeOf('a')).toEqual({ kind: 'memory', offset: 0 });
});
