import { constant, DataError, parameterLayout } from '@meow-rl/graph';
import type { ParameterValues } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { gelu, initialize, mlp, orthogonal, relu, silu, swish, tanh, zeros } from './index.ts';
import type { Activation, MlpOptions, Module, Network } from './index.ts';
import { compute, expectClose, matrix, randomParameters, randomRows, rowsOf } from './testing/index.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

const density = (t: number): number => Math.exp(-0.5 * t * t) / Math.sqrt(2 * Math.PI);

/** Φ(x) by the trapezoidal rule over the density. */
function normalDistribution(x: number): number {
  const [bound, count] = [9, 4000];
  const step = (x + bound) / count;
  let total = 0.5 * (density(-bound) + density(x));
  for (let i = 1; i < count; i++) total += density(i * step - bound);
  // Euler and Maclaurin's first correction.
  return step * total + (step * step * x * density(x)) / 12;
}

/** Activations with what they make of an entry, given the slope. */
const activations: readonly (readonly [string, Activation, (x: number, beta: number) => number])[] = [
  ['swish', swish, (x, beta) => x * logistic(beta * x)],
  ['relu', relu, (x) => Math.max(x, 0)],
  ['tanh', tanh, (x) => Math.tanh(x)],
  ['gelu', gelu, (x) => x * normalDistribution(x)],
  ['silu', silu, (x) => x * logistic(x)],
];

/** The network of one row in plain loops, from the equations. */
function plainMlp(
  params: ParameterValues,
  { name, hidden, layerNorm }: MlpOptions,
  activate: (x: number, beta: number) => number,
  input: readonly number[],
) {
  const data = (parameter: string): number[] => Array.from(params[`${name}.${parameter}`]?.data ?? []);
  let h = [...input];
  for (let k = 0; k <= hidden.length; k++) {
    const weight = rowsOf(data(`${k}.weight`), h.length);
    const bias = data(`${k}.bias`);
    h = weight.map((row, i) => row.reduce((total, w, j) => total + w * (h[j] ?? 0), bias[i] ?? 0));
    if (k === hidden.length) break;
    if (layerNorm === true) {
      const mean = h.reduce((total, x) => total + x, 0) / h.length;
      const variance = h.reduce((total, x) => total + (x - mean) ** 2, 0) / h.length;
      const [gain, shift] = [data(`${k}.norm.weight`), data(`${k}.norm.bias`)];
      h = h.map((x, i) => ((x - mean) / Math.sqrt(variance + 1e-5)) * (gain[i] ?? 0) + (shift[i] ?? 0));
    }
    const beta = data(`${k}.beta`);
    h = h.map((x, i) => activate(x, beta[i] ?? Number.NaN));
  }
  return h;
}

const zeroParameters = ({ parameters }: Module<Network>) => {
  const layout = parameterLayout(parameters);
  return layout.unpack(constant(new Float32Array(layout.size)));
};

const applyTo = (network: Module<Network>, widths: readonly number[]) =>
  compute(
    Object.fromEntries(widths.map((width, i) => [`x${i}`, matrix(randomRows(8, 2, width, 1))])),
    (inputs) => ({ out: network.bind(zeroParameters(network))(Object.values(inputs)) }),
  );

const base = {
  name: 'net',
  inputs: [2, 3],
  hidden: [6, 4],
  output: 2,
  activation: swish,
  weights: orthogonal(),
} as const;

describe.each(activations)('mlp with %s', (_, activation, plain) => {
  it.each([
    { layerNorm: true, blocks: 1 },
    { layerNorm: true, blocks: 3 },
    { layerNorm: false, blocks: 1 },
    { layerNorm: false, blocks: 3 },
  ])('computes what the plain loop does: %s', async ({ layerNorm, blocks }) => {
    const options: MlpOptions = { ...base, activation, layerNorm };
    const network = mlp(options);
    const layout = parameterLayout(network.parameters);
    const flat = randomParameters(network.parameters, 1);
    const params = layout.unflatten(flat);
    const states = randomRows(2, 4, 3, 1);
    const points = randomRows(3, 4 * blocks, 2, 1);
    const expected = points.flatMap((point, i) =>
      plainMlp(params, options, plain, [...point, ...(states[i % 4] ?? [])]),
    );
    for (const [runtime, tolerance] of [
      [undefined, 1e-11],
      [onnxRuntimeNode(), 1e-5],
    ] as const) {
      const { out } = await compute(
        { points: matrix(points), states: matrix(states) },
        (inputs) => ({
          out: network.bind(layout.unpack(constant(flat)))([inputs.points, inputs.states]),
        }),
        runtime,
      );
      expectClose(out, expected, tolerance);
    }
  });

  it('repeats the part that has fewer rows, whichever it is', async () => {
    const network = mlp({ ...base, activation });
    const layout = parameterLayout(network.parameters);
    const flat = randomParameters(network.parameters, 1);
    const params = layout.unflatten(flat);
    const plainRows = (points: number[][], states: number[][]) =>
      states.flatMap((state, i) =>
        plainMlp(params, { ...base }, plain, [...(points[i % points.length] ?? []), ...state]),
      );
    for (const [points, states] of [
      [randomRows(2, 2, 2, 1), randomRows(3, 6, 3, 1)],
      [randomRows(4, 1, 2, 1), randomRows(5, 3, 3, 1)],
    ] as const) {
      const { out } = await compute({ points: matrix(points), states: matrix(states) }, (inputs) => ({
        out: network.bind(layout.unpack(constant(flat)))([inputs.points, inputs.states]),
      }));
      expectClose(out, plainRows(points, states), 1e-11);
    }
  });

  it('multiplies activations by masks', async () => {
    const network = mlp({ ...base, inputs: [2], hidden: [3], activation });
    const layout = parameterLayout(network.parameters);
    const flat = randomParameters(network.parameters, 1);
    const params = layout.unflatten(flat);
    const mask = [2, 0, 0.5];
    const point = [0.7, -0.4];
    const { out } = await compute({ x: matrix([point]) }, ({ x }) => ({
      out: network.bind(layout.unpack(constant(flat)))([x], (before, activate) =>
        activate(before, constant(mask)),
      ),
    }));
    const hiddenOptions = { ...base, name: 'net', hidden: [] };
    const before = plainMlp(params, hiddenOptions, plain, point);
    const beta = params['net.0.beta']?.data ?? [];
    const masked = before.map((x, i) => plain(x, beta[i] ?? 0) * (mask[i] ?? 0));
    const weight = rowsOf(Array.from(params['net.1.weight']?.data ?? []), 3);
    const bias = params['net.1.bias']?.data ?? [];
    const expected = weight.map((row, i) =>
      row.reduce((total, w, j) => total + w * (masked[j] ?? 0), bias[i] ?? 0),
    );
    expectClose(out, expected, 1e-11);
  });
});

describe.each([true, false])('mlp with layerNorm %s', (layerNorm) => {
  const options: MlpOptions = { ...base, layerNorm };
  const network = mlp(options);
  const layout = parameterLayout(network.parameters);
  const flat = randomParameters(network.parameters, 1);
  const params = layout.unflatten(flat);

  it('takes one input and no hidden layer', async () => {
    const linearOptions: MlpOptions = { ...options, inputs: [3], hidden: [] };
    const linear = mlp(linearOptions);
    const linearLayout = parameterLayout(linear.parameters);
    const linearFlat = randomParameters(linear.parameters, 4);
    const rows = randomRows(5, 2, 3, 1);
    const { out } = await compute({ rows: matrix(rows) }, (inputs) => ({
      out: linear.bind(linearLayout.unpack(constant(linearFlat)))([inputs.rows]),
    }));
    expectClose(
      out,
      rows.flatMap((row) => plainMlp(linearLayout.unflatten(linearFlat), linearOptions, Math.tanh, row)),
      1e-12,
    );
  });

  it('hands each hidden activation to dropout, in order, and no other', async () => {
    const shapes: string[] = [];
    const rows = matrix(randomRows(6, 2, 2, 1));
    const states = matrix(randomRows(7, 2, 3, 1));
    const { out } = await compute({ rows, states }, (inputs) => ({
      out: network.bind(layout.unpack(constant(flat)))([inputs.rows, inputs.states], (before, activate) => {
        shapes.push(before.shape.join('x'));
        return activate(before, constant(0));
      }),
    }));
    expect(shapes).toEqual(['2x6', '2x4']);
    const lastBias = Array.from(params['net.2.bias']?.data ?? []);
    expectClose(out, [...lastBias, ...lastBias], 1e-12, 'with all dropped only the last bias is left');
  });

  it('refuses parts that it was not made for', async () => {
    await expect(applyTo(network, [2])).rejects.toThrow('linearLayer net.0: expected 2 input parts, got 1.');
    await expect(applyTo(network, [2, 3, 1])).rejects.toThrow(
      'linearLayer net.0: expected 2 input parts, got 3.',
    );
    await expect(applyTo(network, [3, 2])).rejects.toThrow(
      /^linearLayer net\.0: input part 0: expected \[rows, 2\], got \[\w+, 3\]\.$/,
    );
  });

  it('names its parameters by layer', () => {
    const norm = (k: number) => (layerNorm ? [`net.${k}.norm.weight [6]`, `net.${k}.norm.bias [6]`] : []);
    const names = network.parameters.map(({ name, shape }) => `${name} [${shape.join(', ')}]`);
    expect(names.slice(0, 3)).toEqual(['net.0.weight [6, 5]', 'net.0.bias [6]', 'net.0.beta [6]']);
    expect(names.slice(3, layerNorm ? 5 : 3)).toEqual(norm(0));
    expect(names.slice(-2)).toEqual(['net.2.weight [2, 4]', 'net.2.bias [2]']);
    expect(names).toHaveLength(layerNorm ? 12 : 8);
  });
});

const startOf = (options: MlpOptions, seed = 1): ParameterValues => {
  const network = mlp(options);
  return parameterLayout(network.parameters).unflatten(initialize(network, createGenerator(seed)));
};

describe('start values', () => {
  it('are weights as asked for, biases of torch, slopes 1 and the identity as normalization', () => {
    const start = startOf({ ...base, layerNorm: true });
    const data = (name: string) => Array.from(start[name]?.data ?? []);
    expect(Math.hypot(...data('net.2.weight'))).toBeCloseTo(Math.SQRT2, 6);
    expect(data('net.0.beta')).toEqual([1, 1, 1, 1, 1, 1]);
    expect(data('net.0.norm.weight')).toEqual([1, 1, 1, 1, 1, 1]);
    expect(data('net.0.norm.bias')).toEqual([0, 0, 0, 0, 0, 0]);
    // Uniform in ±1/√6: within, to both ends, and a third of the square on average.
    const biases = Array.from({ length: 200 }, (_, seed) =>
      Array.from(startOf(base, seed)['net.1.bias']?.data ?? [], (bias) => bias * Math.sqrt(6)),
    ).flat();
    expect(biases).toHaveLength(200 * 4);
    expect(Math.max(...biases)).toBeLessThanOrEqual(1);
    expect(Math.max(...biases)).toBeGreaterThan(0.97);
    expect(Math.min(...biases)).toBeGreaterThanOrEqual(-1);
    expect(Math.min(...biases)).toBeLessThan(-0.97);
    const meanSquare = biases.reduce((sum, bias) => sum + bias ** 2, 0) / biases.length;
    // Standard error of the mean of u² over 800 draws: √(4/45/800).
    expect(Math.abs(meanSquare - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / 800));
  });

  it('are zero weights where asked for, with biases as ever', () => {
    const start = startOf({ ...base, weights: zeros });
    for (const k of [0, 1, 2])
      expect(new Set(Array.from(start[`net.${k}.weight`]?.data ?? []))).toEqual(new Set([0]));
    expect(new Set(Array.from(start['net.0.bias']?.data ?? [])).size).toBe(6);
  });

  it('are others for the last layer where asked for', () => {
    const start = startOf({ ...base, outputWeights: orthogonal(0.01) });
    const norm = (name: string) => Math.hypot(...Array.from(start[name]?.data ?? []));
    expect(norm('net.1.weight')).toBeCloseTo(2, 6);
    expect(norm('net.2.weight')).toBeCloseTo(0.01 * Math.SQRT2, 8);
  });

  it('are those of PyTorch by default', () => {
    const { weights: _, ...plain } = base;
    const values = Array.from({ length: 100 }, (_, seed) =>
      Array.from(startOf(plain, seed)['net.0.weight']?.data ?? [], (weight) => weight * Math.sqrt(5)),
    ).flat();
    expect(values).toHaveLength(100 * 30);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1 + 1e-6);
    expect(Math.max(...values)).toBeGreaterThan(0.99);
    const meanSquare = values.reduce((sum, weight) => sum + weight ** 2, 0) / values.length;
    expect(Math.abs(meanSquare - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / values.length));
  });

  it('fit the layout that the network declares', () => {
    const network = mlp({ ...base, layerNorm: true });
    expect(() =>
      parameterLayout(network.parameters).flatten(startOf({ ...base, layerNorm: true })),
    ).not.toThrow();
    expect(() => parameterLayout(network.parameters).flatten(startOf(base))).toThrow(DataError);
  });
});
