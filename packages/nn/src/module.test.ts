import { constant, GraphError, mul, parameterLayout } from '@meow-rl/graph';
import type { Parameters, Tensor } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, expectTypeOf, it } from 'vitest';

import { initialize, linearLayer, mapModule, modules, scalar, uniformFanIn } from './index.ts';
import type { Bound, Linear } from './index.ts';
import { compute } from './testing/index.ts';

const layer = (name: string) => linearLayer({ name, inputs: [2], output: 3 });
const nested = modules({
  actor: layer('actor'),
  critics: modules([layer('q1'), layer('q2')]),
  temperature: scalar('logAlpha', -0.5),
});

describe('modules', () => {
  it('lays the parameters of its parts one after the other', () => {
    expect(nested.parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['actor.weight', 3, 2],
      ['actor.bias', 3],
      ['q1.weight', 3, 2],
      ['q1.bias', 3],
      ['q2.weight', 3, 2],
      ['q2.bias', 3],
      ['logAlpha'],
    ]);
  });

  it('binds its parts by name and in lists, with the types of each', () => {
    const asked: string[] = [];
    const params: Parameters = (name) => {
      asked.push(name);
      return constant(name.length);
    };
    const bound = nested.bind(params);
    expectTypeOf(bound.actor).toEqualTypeOf<Linear>();
    expectTypeOf(bound.critics).toEqualTypeOf<readonly [Linear, Linear]>();
    expectTypeOf(bound.temperature).toEqualTypeOf<Tensor>();
    expectTypeOf<Bound<typeof nested>>().toEqualTypeOf(bound);
    expect(Object.keys(bound)).toEqual(['actor', 'critics', 'temperature']);
    expect(bound.critics).toHaveLength(2);
    expect(asked).toEqual(['logAlpha']);
  });
});

describe('mapModule', () => {
  it('keeps the parameters and changes what they are bound to', async () => {
    const temperature = mapModule(scalar('logAlpha', -0.5), (logAlpha) => mul(2, logAlpha));
    expect(temperature.parameters.map(({ name }) => name)).toEqual(['logAlpha']);
    const { doubled } = await compute({ logAlpha: { shape: [], data: [3] } }, ({ logAlpha }) => ({
      doubled: temperature.bind(() => logAlpha),
    }));
    expect(doubled).toEqual([6]);
  });
});

describe('initialize', () => {
  it('draws the start of each parameter, in the order of the parameters', () => {
    const random = createGenerator(1);
    const drawn = ['actor', 'q1', 'q2'].flatMap(() =>
      [[3, 2], [3]].map((shape) => Array.from(uniformFanIn(shape, 2)(random))),
    );
    expect(Array.from(initialize(nested, createGenerator(1)))).toEqual([...drawn.flat(), -0.5]);
  });

  it('gives what the layout of the parameters takes', () => {
    const { size, unflatten } = parameterLayout(nested.parameters);
    const flat = initialize(nested, createGenerator(2));
    expect(flat).toHaveLength(size);
    expect(unflatten(flat)['logAlpha']).toEqual({ shape: [], data: Float32Array.of(-0.5) });
  });

  it('refuses two parameters of one name', () => {
    expect(() => initialize(modules([layer('a'), layer('a')]), createGenerator(1))).toThrow(GraphError);
  });
});
