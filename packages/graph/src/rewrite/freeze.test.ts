import { describe, expect, it } from 'vitest';

import { GraphError } from '../errors.ts';
import { decodeModel } from '../onnx/schema.ts';
import { serialize } from '../onnx/serialize.ts';
import { add, concat, expandAs, layerNorm, linear, matmul, mul, split, sum, tanh } from '../ops/index.ts';
import { parameterLayout } from '../parameters.ts';
import { program } from '../program.ts';
import type { Program } from '../program.ts';
import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { constant } from '../tensor.ts';
import { expectClose } from '../testing/expect-close.ts';
import { numbersBetween } from '../testing/random.ts';
import { freeze } from './freeze.ts';

const layout = parameterLayout([
  { name: 'layer.weight', shape: [4, 5] },
  { name: 'layer.bias', shape: [4] },
  { name: 'norm.weight', shape: [4] },
  { name: 'norm.bias', shape: [4] },
  { name: 'other.weight', shape: [7, 7] },
]);
const spec = {
  inputs: { point: { shape: ['batch', 2] }, state: { shape: ['batch', 3] } },
  state: { parameters: { shape: [layout.size], initial: new Float32Array(layout.size) } },
} as const;
const parameters = Float32Array.from(numbersBetween(3, layout.size, -1, 1));

type Layers = Program<'point' | 'state', 'parameters', 'y'>;

/** `layerNorm(W [point state] + b)` with the product of each part by itself, as layers of several parts are. */
const layered = (movePoint: (point: Layers['inputs']['point']) => typeof point): Layers =>
  program(spec, ({ point, state }, { parameters: flat }) => {
    const params = layout.unpack(flat);
    const [ofPoint = point, ofState = point] = split(params('layer.weight'), [2, 3], 1);
    const product = matmul(movePoint(point), ofPoint, { transposeB: true });
    const hidden = add(product, linear(state, ofState, params('layer.bias')));
    return { outputs: { y: layerNorm(hidden, params('norm.weight'), params('norm.bias')) } };
  });

const graphOf = (frozen: Program) => decodeModel(serialize(frozen)).graph;
const inputs = { point: numbersBetween(1, 8, -2, 2), state: numbersBetween(2, 12, -2, 2) };

/** What a program gives for the inputs with the parameters, in float64 and, frozen, in float64 and on an engine. */
async function results(given: Layers) {
  const whole = await referenceRuntime.load(given);
  whole.state.write('parameters', parameters);
  const frozen = freeze(given, { parameters });
  const runs = [whole, await referenceRuntime.load(frozen), await onnxRuntimeNode().load(frozen)] as const;
  const [expected, inFloat64, onEngine] = [
    (await runs[0].run(inputs)).y,
    (await runs[1].run(inputs)).y,
    (await runs[2].run(inputs)).y,
  ];
  await runs[2].dispose();
  return { expected, inFloat64, onEngine };
}

describe('freeze', () => {
  it('has each parameter that is read as a constant of its name, and layers as engines know them', async () => {
    const given = layered((point) => tanh(point));
    const graph = graphOf(freeze(given, { parameters }));
    expect(graph.input.map(({ name }) => name)).toEqual(['point', 'state']);
    expect(graph.initializer.map(({ name, dims }) => [name, dims.map(Number)])).toEqual([
      ['layer.bias', [4]],
      ['norm.weight', [4]],
      ['norm.bias', [4]],
      ['layer.weight', [4, 5]],
    ]);
    const bias = graph.initializer[0]?.rawData.slice() ?? new Uint8Array();
    expect(new Float32Array(bias.buffer)).toEqual(parameters.slice(20, 24));
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Tanh', 'Concat', 'Gemm', 'LayerNormalization']);
    const { expected, inFloat64, onEngine } = await results(given);
    expectClose(inFloat64, expected, 1e-12);
    expectClose(onEngine, expected, 1e-5);
  });

  it('leaves out what is 0, with the columns that it is multiplied by', async () => {
    const given = layered((point) => mul(constant([1, 0]), expandAs(constant(0), point)));
    const graph = graphOf(freeze(given, { parameters }));
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Gemm', 'LayerNormalization']);
    expect(graph.initializer.map(({ name, dims }) => [name, dims.map(Number)])).toContainEqual([
      'layer.weight.part1',
      [4, 3],
    ]);
    const { expected, inFloat64, onEngine } = await results(given);
    expectClose(inFloat64, expected, 1e-12);
    expectClose(onEngine, expected, 1e-5);
  });

  it('keeps rows that are 0, which are no columns of a layer', async () => {
    const given = program(spec, ({ state }, { parameters: flat }) => {
      const weight = layout.unpack(flat)('other.weight');
      const rows = concat([mul(constant(0), constant([1, 2, 3, 4, 5, 6, 7], [1, 7])), weight], 0);
      const [bias = flat] = split(flat, [7, layout.size - 7]);
      return { outputs: { y: add(linear(rows, weight, bias), mul(0, sum(state))) } };
    });
    const { expected, inFloat64, onEngine } = await results(given);
    expect(expected).toHaveLength(56);
    expectClose(inFloat64, expected, 1e-12);
    expectClose(onEngine, expected, 1e-5);
  });

  it('keeps parameters of the same numbers apart', () => {
    const read = program(spec, ({ state }, { parameters: flat }) => {
      const params = layout.unpack(flat);
      const weight = constant(Array.from({ length: 12 }, Math.sin), [4, 3]);
      return {
        outputs: { y: mul(linear(state, weight, params('norm.weight')), params('norm.bias')) },
      };
    });
    const frozen = freeze(read, { parameters: new Float32Array(layout.size).fill(2) });
    expect(graphOf(frozen).initializer.map(({ name }) => name)).toEqual([
      'constant',
      'norm.weight',
      'norm.bias',
    ]);
  });

  it.each([
    [{}, 'no value for the state parameters. Give one for each state of the program.'],
    [{ parameters: [1, 2] }, `the state parameters is [${layout.size}] but its value has 2 elements.`],
  ])('refuses values %j', (values, message) => {
    const given = layered((point) => point);
    expect(() => freeze(given, values)).toThrow(new GraphError(`freeze: ${message}`));
  });

  it('refuses a state that changes', () => {
    const learner = program({ inputs: {}, state: { w: { shape: [1], initial: [0] } } }, (_, { w }) => ({
      outputs: { w2: mul(w, 2) },
      next: { w: add(w, 1) },
    }));
    expect(() => freeze(learner, { w: [1] })).toThrow(
      new GraphError('freeze: the state w changes from run to run. Freeze a program that only reads it.'),
    );
  });
});
