import { constantKey } from '../constant-key.ts';
import { GraphError } from '../errors.ts';
import { entries } from '../program.ts';
import type { Program, ProgramState } from '../program.ts';
import { formatShape, isStatic, sizeOfShape } from '../shape.ts';
import type { Node, Tensor } from '../tensor.ts';
import type { DType, Shape } from '../tensor-type.ts';
import { topologicalOrder } from '../topological-order.ts';
import type { OnnxAttribute, OnnxEmitter } from './emitter.ts';
import { encodeModel } from './schema.ts';
import type { OnnxNode, OnnxTensor, OnnxValueInfo } from './schema.ts';

/** ONNX operator set that operators are written in: the first with axes of reductions as inputs throughout. */
const OPSET = 18n;
const IR_VERSION = 8n;

const ELEMENT_TYPE = { float32: 1, int64: 7, bool: 9 } as const satisfies Record<DType, number>;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

function rawData(data: ArrayLike<number>, dtype: DType): Uint8Array {
  if (dtype === 'int64')
    return new Uint8Array(BigInt64Array.from(Array.from(data), (value) => BigInt(value)).buffer);
  if (dtype === 'bool') return Uint8Array.from(data);
  const floats = data instanceof Float32Array ? data : Float32Array.from(data);
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

function attribute(name: string, value: OnnxAttribute): OnnxNode['attribute'][number] {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPE.float, f: value };
  if (typeof value === 'bigint') return { name, type: ATTRIBUTE_TYPE.int, i: value };
  if (typeof value === 'string')
    return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value) };
  if (value instanceof Float32Array) return { name, type: ATTRIBUTE_TYPE.floats, floats: [...value] };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: value };
}

const valueInfo = (name: string, dtype: DType, shape: Shape): OnnxValueInfo => ({
  name,
  type: {
    tensorType: {
      elemType: ELEMENT_TYPE[dtype],
      shape: {
        dim: shape.map((dim) => (typeof dim === 'number' ? { dimValue: BigInt(dim) } : { dimParam: dim })),
      },
    },
  },
});

/**
 * Collects ONNX nodes and initializers while the graph is walked.
 *
 * @param taken names that belong to the program's inputs and outputs
 */
function collector(
  taken: ReadonlySet<string>,
): OnnxEmitter & { nodes: OnnxNode[]; initializers: OnnxTensor[] } {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const known = new Map<string, string>();
  const unique = (name: string): string => (taken.has(name) ? unique(`${name}_`) : name);
  const constantOf = (data: ArrayLike<number>, shape: readonly number[], dtype: DType): string => {
    const key = constantKey(data, shape, dtype);
    const before = key === undefined ? undefined : known.get(key);
    if (before !== undefined) return before;
    const name = unique(`constant_${initializers.length}`);
    initializers.push({
      name,
      dims: shape.map(BigInt),
      dataType: ELEMENT_TYPE[dtype],
      rawData: rawData(data, dtype),
    });
    if (key !== undefined) known.set(key, name);
    return name;
  };
  const nodeWithOutputs: OnnxEmitter['nodeWithOutputs'] = (
    opType,
    inputs,
    outputs,
    attributes = {},
    domain = '',
  ) => {
    const name = `${opType}_${nodes.length}`;
    const names = Array.from({ length: outputs }, (_, i) => unique(outputs === 1 ? name : `${name}_${i}`));
    nodes.push({
      name,
      opType,
      domain,
      input: inputs,
      output: names,
      attribute: entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return names;
  };
  return {
    nodes,
    initializers,
    nodeWithOutputs,
    node: (opType, inputs, attributes) => nodeWithOutputs(opType, inputs, 1, attributes)[0] ?? '',
    constant: (data, shape, dtype = 'float32') => constantOf(data, shape, dtype),
    integers: (values) => constantOf(values, [values.length], 'int64'),
  };
}

/** Name of the model's output that carries the next value of a state. */
export const nextName = (state: string): string => `${state}.next`;

export interface SerializeOptions {
  /** Name of the graph in the file; default `program`. */
  readonly name?: string;
  /** Free key-value pairs kept in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * Write these values of the state into the file as constants, for deployment. Without it, states are inputs, and
   * states that change are also outputs, named by `nextName`.
   */
  readonly frozenState?: Readonly<Record<string, ArrayLike<number>>>;
}

/** The value that a state is frozen to. */
function frozenValue(
  key: string,
  { shape, next }: ProgramState,
  frozenState: Readonly<Record<string, ArrayLike<number>>>,
): ArrayLike<number> {
  const value = frozenState[key];
  if (!value)
    throw new GraphError(`serialize: no value for the state ${key}. Give one for each state to freeze.`);
  if (next)
    throw new GraphError(
      `serialize: the state ${key} changes from run to run and cannot be frozen. Freeze a program that only reads it.`,
    );
  if (value.length !== sizeOfShape(shape))
    throw new GraphError(
      `serialize: the state ${key} is ${formatShape(shape)} but its frozen value has ${value.length} elements.`,
    );
  return value;
}

/** Names that a file gives to the outside; each must be used once. */
function outsideNames(names: readonly string[]): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const name of names) {
    if (taken.has(name))
      throw new GraphError(
        `serialize: ${name} names two of the program's inputs, states and outputs. Rename one.`,
      );
    taken.add(name);
  }
  return taken;
}

/**
 * A program as the bytes of an ONNX file.
 *
 * @throws GraphError if a frozen state is missing, changes or has another size, or two inputs, states or outputs have
 *   the same name
 */
export function serialize(program: Program, options: SerializeOptions = {}): Uint8Array {
  const { name = 'program', metadata = {}, frozenState } = options;
  const results = [
    ...entries(program.outputs),
    ...entries(program.state).flatMap(([key, { next }]): [string, Tensor][] =>
      next ? [[nextName(key), next]] : [],
    ),
  ];
  const emit = collector(
    outsideNames([
      ...Object.keys(program.inputs),
      ...(frozenState ? [] : Object.keys(program.state)),
      ...results.map(([key]) => key),
    ]),
  );
  const named = new Map<Node, readonly string[]>();
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  const walked: Node[] = [];

  for (const [key, tensor] of entries(program.inputs)) {
    named.set(tensor.node, [key]);
    inputs.push(valueInfo(key, tensor.dtype, tensor.shape));
  }
  for (const [key, state] of entries(program.state)) {
    const { value, shape } = state;
    if (frozenState) named.set(value.node, [emit.constant(frozenValue(key, state, frozenState), shape)]);
    else {
      named.set(value.node, [key]);
      inputs.push(valueInfo(key, value.dtype, value.shape));
    }
  }
  const nameOf = ({ node, index }: Tensor): string => named.get(node)?.[index] ?? '';
  for (const node of topologicalOrder(results.map(([, tensor]) => tensor))) {
    if (node.kind === 'operator') {
      named.set(node, node.kernel.onnx(node.inputs.map(nameOf), emit));
      walked.push(node);
    } else if (node.kind === 'constant') {
      const type = node.outputs[0];
      if (type && isStatic(type.shape)) named.set(node, [emit.constant(node.data, type.shape, type.dtype)]);
    }
  }
  // Of operators that are not its own the engine cannot tell the shapes of results, by which it plans its memory.
  const foreign = emit.nodes.filter(({ domain }) => domain !== '');
  const unknown = new Set(foreign.flatMap(({ output }) => output));
  const computed = new Set(emit.nodes.flatMap((node) => node.output));
  const renamed = new Map<string, string>();
  for (const [key, tensor] of results) {
    const name = nameOf(tensor);
    // A tensor that is an input, or is asked for under two names, needs a copy; others just take the output's name.
    if (computed.has(name) && !renamed.has(name)) renamed.set(name, key);
    else
      emit.nodes.push({
        name: `output_${key}`,
        opType: 'Identity',
        domain: '',
        input: [name],
        output: [key],
        attribute: [],
      });
    outputs.push(valueInfo(key, tensor.dtype, tensor.shape));
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  const nodes = emit.nodes.map((node) => ({
    ...node,
    input: node.input.map(rename),
    output: node.output.map(rename),
  }));
  const between = walked
    .flatMap((node) => node.outputs)
    .filter((tensor) => unknown.has(nameOf(tensor)) && !renamed.has(nameOf(tensor)));
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'meow-rl',
    producerVersion: '0',
    opsetImport: [
      { domain: '', version: OPSET },
      ...[...new Set(foreign.map(({ domain }) => domain))].map((domain) => ({ domain, version: 1n })),
    ],
    metadataProps: entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name,
      node: nodes,
      initializer: emit.initializers,
      input: inputs,
      output: outputs,
      valueInfo: between.map((tensor) => valueInfo(nameOf(tensor), tensor.dtype, tensor.shape)),
    },
  });
}
