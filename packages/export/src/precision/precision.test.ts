import { decodeModel, linear, mul, constant, program, serialize, tanh } from '@meow-rl/graph';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';

import { normalRows } from '../testing/trained-agent.ts';
import { inFloat16 } from './float16.ts';
import { inPrecision } from './in-precision.ts';

const weights = normalRows(40, 40, 1);
const build = (weight: Float32Array) =>
  serialize(
    program({ inputs: { x: { shape: ['batch', 40] } }, state: {} }, ({ x }) => {
      const layer = (given: typeof x, name: string) =>
        linear(given, constant(weight, [40, 40], 'float32', name), constant(normalRows(1, 40, 2), [40]));
      return { outputs: { y: mul(3, layer(tanh(layer(mul(0.1, x), 'a.weight')), 'b.weight')) } };
    }),
    { lowestOpset: true },
  );

/** What a model gives for some rows. */
async function outputsOf(bytes: Uint8Array, x: Float32Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [x.length / 40, 40]) });
  await session.release();
  return Float32Array.from(y?.data ?? [], Number);
}

const typesOf = (bytes: Uint8Array): Readonly<Record<string, number>> =>
  Object.fromEntries(decodeModel(bytes).graph.initializer.map(({ name, dataType }) => [name, dataType]));
const operatorsOf = (bytes: Uint8Array): string[] =>
  decodeModel(bytes).graph.node.map(({ opType }) => opType);

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);

describe('float16', () => {
  test('is from the first to the last product; what is before and after stays float32', async () => {
    const whole = build(weights);
    const half = inPrecision(whole, 'float16');
    expect(operatorsOf(half)).toEqual(['Mul', 'Cast', 'Gemm', 'Tanh', 'Gemm', 'Cast', 'Mul']);
    expect(typesOf(half)).toMatchObject({ 'a.weight': 10, 'b.weight': 10, constant: 1 });
    const x = normalRows(7, 40, 3);
    const difference = largestDifference(await outputsOf(half, x), await outputsOf(whole, x));
    expect(difference).toBeGreaterThan(0);
    // Sums of 40 products of size 1, in steps of 2⁻¹⁰, times 3.
    expect(difference).toBeLessThan(3 * 40 * 2 ** -10);
  });

  test('refuses weights that it has no numbers for', () => {
    const model = decodeModel(build(weights.map((value, i) => (i === 3 ? 65_520 : value))));
    expect(() => inFloat16(model)).toThrow(
      'export: a.weight has 65520, which is beyond float16. Export with the precision float32.',
    );
    expect(() =>
      inFloat16(decodeModel(build(weights.map((value, i) => (i === 3 ? 65_519 : value))))),
    ).not.toThrow();
  });
});

describe('int8', () => {
  test('has weights of 8 bits with a scale for each output, and the nearest of them', async () => {
    const whole = build(weights);
    const small = inPrecision(whole, 'int8');
    expect(operatorsOf(small).filter((name) => name === 'MatMulInteger')).toHaveLength(2);
    expect(decodeModel(small).opsetImport[0]?.version).toBe(11n);
    const { initializer } = decodeModel(small).graph;
    const [weight, scale] = ['a.weight', 'a.weight.scale'].map((name) =>
      initializer.find((tensor) => tensor.name === name),
    );
    const scales = new Float32Array(Uint8Array.from(scale?.rawData ?? []).buffer);
    expect(scales).toHaveLength(40);
    weight?.rawData.forEach((number, at) => {
      const [input, output] = [Math.floor(at / 40), at % 40];
      const step = scales[output] ?? Number.NaN;
      const value = weights[40 * output + input] ?? Number.NaN;
      expect(Math.abs((number - 128) * step - value)).toBeLessThanOrEqual(0.5001 * step);
    });
    const x = normalRows(7, 40, 3);
    const difference = largestDifference(await outputsOf(small, x), await outputsOf(whole, x));
    expect(difference).toBeGreaterThan(1e-3);
    expect(difference).toBeLessThan(1);
  });

  test('of no rows is no rows, and of one row does not depend on others', async () => {
    const small = inPrecision(build(weights), 'int8');
    expect(await outputsOf(small, new Float32Array())).toHaveLength(0);
    const x = normalRows(1, 40, 4);
    expect(await outputsOf(small, x)).toEqual(await outputsOf(small, x));
  });
});
