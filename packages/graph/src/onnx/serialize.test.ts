import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

import { GraphError } from '../errors.ts';
import { add, linear, matmul, max, mul, pad, split, standardize, sum, tanh, toFloat } from '../ops/index.ts';
import { program } from '../program.ts';
import { optimize } from '../rewrite/optimize.ts';
import { inScope } from '../scope.ts';
import { constant } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import { decodeModel } from './schema.ts';
import { nextName, serialize } from './serialize.ts';

const spec = {
  inputs: { x: { shape: ['batch', 3] } },
  state: { w: { shape: [2, 3], initial: [1, 0, -1, 0.5, 0.25, 2] }, b: { shape: [2], initial: [0.1, -0.1] } },
} as const;

const policy = program(spec, ({ x }, { w, b }) => ({ outputs: { action: tanh(linear(x, w, b)) } }));
const learner = program(spec, ({ x }, { w, b }) => ({
  outputs: { loss: sum(x) },
  next: { b: add(b, sum(w)) },
}));

const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

async function runModel(model: Uint8Array, feeds: Readonly<Record<string, ort.Tensor>>) {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

describe('serialize', () => {
  it('writes a model that can be decoded again', () => {
    const model = decodeModel(
      serialize(learner, { name: 'learner', metadata: { algorithm: 'meow', '': 'ä' } }),
    );
    expect(model.irVersion).toBe(8n);
    expect(model.opsetImport).toMatchObject([{ domain: '', version: 18n }]);
    expect(model.producerName).toBe('meow-rl');
    expect(model.metadataProps).toMatchObject([
      { key: 'algorithm', value: 'meow' },
      { key: '', value: 'ä' },
    ]);
    const { graph } = model;
    expect(graph.name).toBe('learner');
    expect(names(graph.input)).toEqual(['x', 'w', 'b']);
    expect(names(graph.output)).toEqual(['loss', 'b.next']);
    expect(nextName('b')).toBe('b.next');
    expect(graph.input[0]?.type.tensorType.shape.dim).toMatchObject([
      { dimParam: 'batch' },
      { dimValue: 3n },
    ]);
    expect(graph.input[0]?.type.tensorType.elemType).toBe(1);
    expect(graph.node.map(({ opType }) => opType)).toContain('ReduceSum');
  });

  it('writes the element types of inputs and outputs', () => {
    const typed = program(
      { inputs: { at: { shape: [1], dtype: 'int64' }, flag: { shape: [], dtype: 'bool' } }, state: {} },
      ({ at, flag }) => ({ outputs: { a: at, f: flag, y: toFloat(flag) } }),
    );
    const { graph } = decodeModel(serialize(typed));
    const types = [...graph.input, ...graph.output].map(({ name, type }) => [name, type.tensorType.elemType]);
    expect(types).toEqual([
      ['at', 7],
      ['flag', 9],
      ['a', 7],
      ['f', 9],
      ['y', 1],
    ]);
  });

  it('writes equal constants once', () => {
    const built = program({ inputs: { x: { shape: [3] } }, state: {} }, ({ x }) => ({
      outputs: { y: add(mul(x, constant([1, 2, 3])), constant([1, 2, 3])), z: mul(add(x, 0), -0) },
    }));
    expect(decodeModel(serialize(built)).graph.initializer).toHaveLength(3);
  });

  it('calls nodes after the module that made them, and numbers what is there twice', () => {
    const built = program({ inputs: { x: { shape: [2] } }, state: {} }, ({ x }) => {
      const inside = inScope('layer.0', () => tanh(tanh(x)));
      return { outputs: { y: tanh(inScope('layer.1', () => inScope('layer.2', () => mul(inside, 3)))) } };
    });
    const { graph } = decodeModel(serialize(optimize(built)));
    expect(names(graph.node)).toEqual(['layer.0/Tanh', 'layer.0/Tanh_1', 'layer.2/Mul', 'Tanh']);
    expect(graph.node[2]?.input).toEqual(['layer.0/Tanh_1', 'constant']);
  });

  it('says what the file and its inputs and outputs are', () => {
    const { docString, graph } = decodeModel(
      serialize(policy, { documentation: 'A policy.', descriptions: { x: 'what it sees' } }),
    );
    expect([docString, graph.docString]).toEqual(['A policy.', 'A policy.']);
    expect([...graph.input, ...graph.output].map((info) => info.docString)).toEqual([
      'what it sees',
      '',
      '',
      '',
    ]);
  });

  it('keeps the names of the program whatever its own names are', async () => {
    const built = program(
      { inputs: { constant_0: { shape: [2] }, Mul_0: { shape: [] } }, state: {} },
      (inputs) => {
        const [first = constant(0), second = constant(0)] = split(
          mul(inputs.constant_0, inputs.Mul_0),
          [1, 1],
        );
        return { outputs: { Split_1_0: second, Split_1: add(first, 10) } };
      },
    );
    const outputs = await runModel(serialize(built), {
      constant_0: new ort.Tensor('float32', [1, 2], [2]),
      Mul_0: new ort.Tensor('float32', [3], []),
    });
    expect(Array.from<unknown>(outputs['Split_1_0']?.data ?? [])).toEqual([6]);
    expect(Array.from<unknown>(outputs['Split_1']?.data ?? [])).toEqual([13]);
  });

  it('gives a tensor under two names, an input as an output, and a constant', async () => {
    const built = program({ inputs: { x: { shape: [1] } }, state: {} }, ({ x }) => {
      const y = mul(x, 2);
      return { outputs: { a: y, b: y, same: x, two: constant([2]) } };
    });
    const outputs = await runModel(serialize(built), { x: new ort.Tensor('float32', [4], [1]) });
    const valueOf = (name: string): number => Number(outputs[name]?.data[0]);
    expect([valueOf('a'), valueOf('b'), valueOf('same'), valueOf('two')]).toEqual([8, 8, 4, 2]);
  });
});

describe('serialize refuses', () => {
  it.each([
    ['an input and an output', 'x', () => program(spec, ({ x }) => ({ outputs: { x: sum(x) } }))],
    ['a state and an output', 'w', () => program(spec, (_, { w }) => ({ outputs: { w: sum(w) } }))],
    [
      'an input and a state',
      'x',
      () =>
        program({ inputs: { x: { shape: [1] } }, state: { x: { shape: [1], initial: [0] } } }, ({ x }) => ({
          outputs: { y: x },
        })),
    ],
    [
      'an output and a next state',
      'b.next',
      () => program(spec, (_, { b }) => ({ outputs: { 'b.next': b }, next: { b: mul(b, 2) } })),
    ],
  ])('one name for %s', (_, name, build) => {
    expect(() => serialize(build())).toThrow(
      new GraphError(`serialize: ${name} names two of the program's inputs, states and outputs. Rename one.`),
    );
  });
});

describe('the lowest operator set', () => {
  const matrix = { shape: ['batch', 3] } as const;
  const weight = constant([1, 0, -1, 0.5, 0.25, 2], [2, 3]);
  const bias = constant([0.5, -1]);

  it.each([
    ['a layer', 9, 4, (x: Tensor) => linear(x, weight, bias)],
    ['a product', 11, 6, (x: Tensor) => matmul(x, weight, { transposeB: true })],
    ['a reduction', 13, 7, (x: Tensor) => max(x, { axes: [1], keepDims: true })],
    ['a sum', 13, 7, (x: Tensor) => sum(x, { axes: [1] })],
    ['parts', 13, 7, (x: Tensor) => split(x, [1, 2], 1)[1] ?? x],
    ['normalization', 17, 8, (x: Tensor) => standardize(x)],
    ['a reduction after normalization', 17, 8, (x: Tensor) => max(standardize(x), { axes: [1] })],
    ['one that is in no table', 18, 8, (x: Tensor) => max(pad(x, { axis: 1, after: 1 }), { axes: [1] })],
  ])('of %s is %i, with IR version %i, and gives the same numbers', async (_, opset, irVersion, build) => {
    const built = program({ inputs: { x: matrix }, state: {} }, ({ x }) => ({ outputs: { y: build(x) } }));
    const lowest = serialize(built, { lowestOpset: true });
    const model = decodeModel(lowest);
    expect(model.opsetImport).toMatchObject([{ domain: '', version: BigInt(opset) }]);
    expect(model.irVersion).toBe(BigInt(irVersion));
    const feeds = { x: new ort.Tensor('float32', [1, -2, 3, 0.5, 0.25, 4], [2, 3]) };
    const [expected, actual] = [await runModel(serialize(built), feeds), await runModel(lowest, feeds)];
    expect(actual['y']?.data).toEqual(expected['y']?.data);
    expect(actual['y']?.dims).toEqual(expected['y']?.dims);
  });
});

describe('decodeModel', () => {
  it('refuses bytes that are no model', () => {
    expect(() => decodeModel(new Uint8Array([255, 255, 255]))).toThrow(Error);
  });
});
