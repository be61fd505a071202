import type { OnnxModel, OnnxNode, OnnxTensor } from './schema.ts';

/** ONNX operator set that operators are written in: the first with axes of reductions as inputs throughout. */
export const OPSET = 18;

/** IR versions that came with operator sets, as in onnx's `helper.find_min_ir_version_for`; 4 has initializers that are no inputs. */
const IR_VERSIONS: readonly (readonly [opset: number, irVersion: number])[] = [
  [15, 8],
  [12, 7],
  [11, 6],
  [10, 5],
];

/** ONNX's code of attributes that are lists of whole numbers. */
const INTS = 7;

/** The oldest operator set that files are written for: the first whose IR has initializers that are no inputs. */
const OLDEST = 9;

/**
 * The first operator set in which an operator has the form that is written here: its inputs, attributes and types.
 *
 * Reference: ONNX, Operators.md and Changelog.md.
 */
const SINCE: Readonly<Record<string, number>> = {
  Abs: 6,
  Add: 7,
  Atanh: 9,
  Cast: 9,
  Clip: 11,
  Concat: 4,
  Div: 7,
  DynamicQuantizeLinear: 11,
  Equal: 11,
  Erf: 9,
  Exp: 6,
  Expand: 8,
  Gather: 1,
  Greater: 9,
  Identity: 1,
  LayerNormalization: 17,
  Less: 9,
  Log: 6,
  MatMul: 9,
  MatMulInteger: 10,
  Max: 8,
  Min: 8,
  Mul: 7,
  Neg: 6,
  Reciprocal: 6,
  ReduceMax: 18,
  ReduceProd: 1,
  ReduceSum: 13,
  Relu: 6,
  Reshape: 5,
  Shape: 1,
  Sigmoid: 6,
  Slice: 10,
  Softplus: 1,
  Split: 13,
  Sqrt: 6,
  Sub: 7,
  Tanh: 6,
  TopK: 11,
  Transpose: 1,
  Where: 9,
};

/** The first operator set that has a node as it is; the newest one for an operator that isn't in the table. */
function since({ opType, input, attribute }: OnnxNode): number {
  if (opType === 'Gemm') return input.length > 2 ? 9 : 11;
  if (opType === 'Reshape' && attribute.some(({ name }) => name === 'allowzero')) return 14;
  if (opType === 'ReduceMax' && input.length === 1) return 13;
  return SINCE[opType] ?? OPSET;
}

/** The lowest operator set for nodes of ONNX's own domain. */
const lowestOpset = (nodes: readonly OnnxNode[]): number =>
  nodes.reduce((lowest, node) => Math.max(lowest, since(node)), OLDEST);

/** The lowest IR version of files with an operator set. */
export const irVersionOf = (opset: number): number => IR_VERSIONS.find(([first]) => opset >= first)?.[1] ?? 4;

/** A node whose axes are an attribute, as before the operator set that made them an input; as it is where they are no constant. */
function withAxesAttribute(node: OnnxNode, constants: ReadonlyMap<string, OnnxTensor>): OnnxNode {
  const [x, axes = ''] = node.input;
  const constant = constants.get(axes);
  if (node.opType !== 'ReduceMax' || x === undefined || !constant) return node;
  const ints = [...new BigInt64Array(Uint8Array.from(constant.rawData).buffer)];
  return {
    ...node,
    input: [x],
    attribute: [...node.attribute, { name: 'axes', type: INTS, ints }],
  };
}

/**
 * A model for the lowest operator set, and IR version, that its operators allow, which old engines read. Initializers that nothing
 * reads are left out.
 */
export function inLowestOpset(model: OnnxModel): OnnxModel {
  const { graph, opsetImport } = model;
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const older = graph.node.map((node) => withAxesAttribute(node, constants));
  const lowest = lowestOpset(older);
  // The newest one no longer has the older forms.
  const [nodes, opset] = lowest < OPSET ? [older, lowest] : [graph.node, OPSET];
  const read = new Set([...nodes.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)]);
  return {
    ...model,
    irVersion: BigInt(irVersionOf(opset)),
    opsetImport: [
      { domain: '', version: BigInt(opset) },
      ...opsetImport.filter(({ domain }) => domain !== ''),
    ],
    graph: {
      ...graph,
      node: nodes,
      initializer: graph.initializer.filter(({ name }) => read.has(name)),
    },
  };
}
