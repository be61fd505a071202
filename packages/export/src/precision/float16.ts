import type { OnnxModel, OnnxNode, OnnxTensor } from '@meow-rl/graph';
import { setFloat16 } from '@petamoriken/float16';

import { PolicyFileError } from '../errors.ts';
import { castNode, ELEMENT, floatsOf, withGraph } from './tensors.ts';

const PRODUCTS: ReadonlySet<string> = new Set(['Gemm', 'MatMul']);

/** What may compute in float16; logarithms, exponentials and sums of many terms lose too much or overflow. */
const HALVED: ReadonlySet<string> = new Set([
  ...PRODUCTS,
  'Abs',
  'Add',
  'Concat',
  'Div',
  'Expand',
  'LayerNormalization',
  'Max',
  'Min',
  'Mul',
  'Neg',
  'Relu',
  'Reshape',
  'Sigmoid',
  'Slice',
  'Split',
  'Sub',
  'Tanh',
  'Transpose',
]);

/** Which results are no floats. */
const DISCRETE: ReadonlySet<string> = new Set(['Shape', 'Gather', 'Greater', 'Less', 'Equal', 'And', 'Not']);

const inputsOf = ({ input }: OnnxNode): readonly string[] => input;
const outputsOf = ({ output }: OnnxNode): readonly string[] => output;

/** The products, and the nodes that are reached from them in an order. */
function reachedFromProducts(
  ordered: readonly OnnxNode[],
  from: typeof inputsOf,
  to: typeof inputsOf,
): ReadonlySet<OnnxNode> {
  const names = new Set<string>();
  const reached = new Set<OnnxNode>();
  for (const node of ordered) {
    if (!PRODUCTS.has(node.opType) && !from(node).some((name) => names.has(name))) continue;
    reached.add(node);
    for (const name of to(node)) names.add(name);
  }
  return reached;
}

/** The nodes between a first and a last product, both included: the layers, without units of observations and actions. */
function betweenProducts(nodes: readonly OnnxNode[]): ReadonlySet<OnnxNode> {
  const before = reachedFromProducts(nodes.toReversed(), outputsOf, inputsOf);
  const behind = reachedFromProducts(nodes, inputsOf, outputsOf);
  return new Set([...behind].filter((node) => before.has(node)));
}

/** The same initializer in float16. */
function halved(tensor: OnnxTensor): OnnxTensor {
  const floats = floatsOf(tensor);
  const rawData = new Uint8Array(2 * floats.length);
  const view = new DataView(rawData.buffer);
  floats.forEach((value, i) => {
    if (Math.abs(value) >= BEYOND)
      throw new PolicyFileError(
        `export: ${tensor.name} has ${value}, which is beyond float16. Export with the precision float32.`,
      );
    setFloat16(view, 2 * i, value, true);
  });
  const { name, dims } = tensor;
  return { name, dims, dataType: ELEMENT.float16, rawData };
}

/** The first number that float16 rounds to infinity. */
const BEYOND = 65_520;

const halfName = (name: string): string => `${name}:float16`;
const wholeName = (name: string): string => `${name}:float32`;

/**
 * A model with layers in float16: weights and arithmetic from the first to the last product. Inputs and outputs stay float32, as does
 * what comes before and after, and what float16 has too few numbers for.
 *
 * @throws PolicyFileError if a weight is beyond float16
 */
export function inFloat16(model: OnnxModel): OnnxModel {
  const { node: nodes, initializer: initializers, output: results } = model.graph;
  const between = betweenProducts(nodes);
  const half = new Set(nodes.filter((node) => HALVED.has(node.opType) && between.has(node)));
  const constants = new Map(initializers.map((tensor) => [tensor.name, tensor]));
  const discrete = new Set([
    ...initializers.flatMap(({ name, dataType }) => (dataType === ELEMENT.float32 ? [] : [name])),
    ...nodes.flatMap((node) => (DISCRETE.has(node.opType) ? node.output : [])),
  ]);
  const halfTensors = new Set(nodes.flatMap((node) => (half.has(node) ? node.output : [])));
  const resultNames = new Set(results.map(({ name }) => name));
  const readInHalf = new Set([...half].flatMap(({ input }) => input));
  const written: OnnxNode[] = [];
  const kept = new Map<string, OnnxTensor>();
  const casts = new Set<string>();

  const cast = (name: string, from: string, to: 'float16' | 'float32'): string => {
    if (!casts.has(name)) written.push(castNode(name, from, to));
    casts.add(name);
    return name;
  };
  /** The name under which a node finds what it reads. */
  const nameFor = (node: OnnxNode, name: string): string => {
    const constant = constants.get(name);
    if (constant && (discrete.has(name) || !readInHalf.has(name))) {
      kept.set(name, constant);
      return name;
    }
    if (constant) {
      // The name is that of the weight in float16; hardly one is read in both.
      const typedName = half.has(node) ? name : wholeName(name);
      if (!kept.has(typedName))
        kept.set(typedName, half.has(node) ? halved(constant) : renamed(constant, typedName));
      return typedName;
    }
    if (name === '' || discrete.has(name)) return name;
    if (half.has(node) && !halfTensors.has(name)) return cast(halfName(name), name, 'float16');
    // Of a result both are there already.
    if (resultNames.has(name) && halfTensors.has(name)) return half.has(node) ? halfName(name) : name;
    return !half.has(node) && halfTensors.has(name) ? cast(wholeName(name), name, 'float32') : name;
  };

  for (const node of nodes) {
    const { name, opType, domain, attribute } = node;
    const input = node.input.map((read) => nameFor(node, read));
    const isResult = (output: string) => half.has(node) && resultNames.has(output);
    const output = node.output.map((made) => (isResult(made) ? halfName(made) : made));
    written.push({ name, opType, domain, input, output, attribute });
    for (const made of node.output.filter(isResult)) cast(made, halfName(made), 'float32');
  }
  return withGraph(model, written, [...kept.values()]);
}

const renamed = ({ dims, dataType, rawData }: OnnxTensor, name: string): OnnxTensor => ({
  name,
  dims,
  dataType,
  rawData,
});
