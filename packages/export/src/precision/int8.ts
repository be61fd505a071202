import type { OnnxModel, OnnxNode, OnnxTensor } from '@meow-rl/graph';

import { castNode, ELEMENT, floatsOf, plainNode, withGraph } from './tensors.ts';

/**
 * Fewest inputs of a layer that is quantized. Layers of fewer have few weights, and most of them read observations, whose entries
 * differ too much in size for one scale.
 */
const FEWEST_INPUTS = 32;

/**
 * 0 as a weight. With weights in uint8, as activations are, all CPUs give the same numbers; for int8 beside uint8 those without VNNI
 * saturate sums.
 *
 * Reference: ONNX Runtime, Quantize ONNX models, "When to use S8S8 or U8U8".
 */
const ZERO = 128;
const LARGEST = 127;

const attributeOf = ({ attribute }: OnnxNode, name: string): bigint | undefined =>
  attribute.find((candidate) => candidate.name === name)?.i;

/** The weights [inputs, outputs] of a layer's [outputs, inputs], in 8 bits with a scale for each output. */
function quantized(weight: OnnxTensor): { readonly weight: OnnxTensor; readonly scale: OnnxTensor } {
  const floats = floatsOf(weight);
  const [outputs = 0, inputs = 0] = weight.dims.map(Number);
  const scales = new Float32Array(outputs);
  const numbers = new Uint8Array(inputs * outputs);
  for (let i = 0; i < outputs; i += 1) {
    const row = floats.subarray(i * inputs, (i + 1) * inputs);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = Math.fround(largest / LARGEST) || 1;
    scales[i] = scale;
    row.forEach((value, j) => {
      numbers[j * outputs + i] = ZERO + Math.max(-LARGEST, Math.min(LARGEST, Math.round(value / scale)));
    });
  }
  const { name } = weight;
  return {
    weight: { name, dims: [BigInt(inputs), BigInt(outputs)], dataType: ELEMENT.uint8, rawData: numbers },
    scale: {
      name: `${name}.scale`,
      dims: [BigInt(outputs)],
      dataType: ELEMENT.float32,
      rawData: new Uint8Array(scales.buffer),
    },
  };
}

const zeroPoint: OnnxTensor = {
  name: 'zero_point',
  dims: [],
  dataType: ELEMENT.uint8,
  rawData: Uint8Array.of(ZERO),
};

/**
 * A model whose layers are dynamically quantized: weights of 8 bits with a scale for each output, activations of 8 bits with one that
 * each run computes. So what is computed for a row depends a little on the others of its batch.
 *
 *     x ≈ sₓ (q − z),   W ≈ s (p − 128),   x Wᵀ + b ≈ sₓ s Σ (q − z)(p − 128) + b
 *
 * Layers with fewer than 32 inputs stay float32.
 */
export function inInt8(model: OnnxModel): OnnxModel {
  const { node: nodes, initializer: initializers } = model.graph;
  const constants = new Map(initializers.map((tensor) => [tensor.name, tensor]));
  const written: OnnxNode[] = [];
  const made = new Map<string, OnnxTensor>();
  const activations = new Set<string>();

  /** The weight of a node, if it is a layer that is quantized. */
  const weightOf = (node: OnnxNode): OnnxTensor | undefined => {
    const weight = constants.get(node.input[1] ?? '');
    const isLayer =
      node.opType === 'Gemm' && attributeOf(node, 'transB') === 1n && !attributeOf(node, 'transA');
    const inputs = Number(weight?.dims[1] ?? 0n);
    return isLayer && weight?.dataType === ELEMENT.float32 && inputs >= FEWEST_INPUTS ? weight : undefined;
  };
  /** Quantizes an activation, once for all layers that read it; names of its numbers, scale and zero point. */
  const activation = (x: string): readonly string[] => {
    const output = [`${x}:uint8`, `${x}:scale`, `${x}:zero_point`];
    if (!activations.has(x))
      written.push(plainNode(`${x}/DynamicQuantizeLinear`, 'DynamicQuantizeLinear', [x], { output }));
    activations.add(x);
    return output;
  };

  for (const node of nodes) {
    const weight = weightOf(node);
    const [x = '', , bias] = node.input;
    if (!weight) {
      written.push(node);
      continue;
    }
    const quantizedWeight = quantized(weight);
    for (const tensor of [quantizedWeight.weight, quantizedWeight.scale, zeroPoint])
      made.set(tensor.name, tensor);
    const [numbers = '', scale = '', zero = ''] = activation(x);
    const { name, output } = node;
    const named = (part: string): string => `${name}/${part}`;
    const last = { output };
    // In the order in which onnxruntime recognizes it as one product.
    written.push(
      plainNode(named('MatMulInteger'), 'MatMulInteger', [numbers, weight.name, zero, zeroPoint.name]),
      castNode(named('Cast'), named('MatMulInteger'), 'float32'),
      plainNode(named('scale'), 'Mul', [scale, quantizedWeight.scale.name]),
      plainNode(named('Mul'), 'Mul', [named('Cast'), named('scale')], bias === undefined ? last : {}),
      ...(bias === undefined ? [] : [plainNode(named('Add'), 'Add', [named('Mul'), bias], last)]),
    );
  }
  const read = new Set(written.flatMap(({ input }) => input));
  const all = [...initializers.filter(({ name }) => !made.has(name)), ...made.values()];
  return withGraph(
    model,
    written,
    all.filter(({ name }) => read.has(name)),
  );
}
