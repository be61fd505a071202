import { constantKey } from '../constant-key.ts';
import { GraphError } from '../errors.ts';
import { entries } from '../program.ts';
import type { Program } from '../program.ts';
import { currentScope, inScope } from '../scope.ts';
import { isStatic } from '../shape.ts';
import type { Node, Tensor } from '../tensor.ts';
import type { DType, TensorType } from '../tensor-type.ts';
import { topologicalOrder } from '../topological-order.ts';
import type { OnnxAttribute, OnnxEmitter } from './emitter.ts';
import { inLowestOpset, irVersionOf, OPSET } from './opset.ts';
import { encodeModel } from './schema.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './schema.ts';

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

const valueInfo = (name: string, { dtype, shape }: TensorType, docString = ''): OnnxValueInfo => ({
  name,
  docString,
  type: {
    tensorType: {
      elemType: ELEMENT_TYPE[dtype],
      shape: {
        dim: shape.map((dim) => (typeof dim === 'number' ? { dimValue: BigInt(dim) } : { dimParam: dim })),
      },
    },
  },
});

/** Gives out names that are not taken, numbered where one is wanted again. */
function nameGiver(taken: ReadonlySet<string>): (wanted: string) => string {
  const given = new Set(taken);
  const next = new Map<string, number>();
  return (wanted) => {
    let name = wanted;
    for (let number = next.get(wanted) ?? 1; given.has(name); number += 1) {
      name = `${wanted}_${number}`;
      next.set(wanted, number + 1);
    }
    given.add(name);
    return name;
  };
}

/** As in `coupling0.0/Gemm`: what is made inside of a module is called after it. */
const inModule = (name: string): string => (currentScope() === '' ? name : `${currentScope()}/${name}`);

/** Writes down constants under the names that they have. */
interface ConstantWriter {
  constantOf(data: ArrayLike<number>, type: ConstantType, name?: string): string;
}

interface ConstantType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * Collects ONNX nodes and initializers while the graph is walked.
 *
 * @param taken names that belong to the program's inputs and outputs
 */
function collector(
  taken: ReadonlySet<string>,
): OnnxEmitter & ConstantWriter & { nodes: OnnxNode[]; initializers: OnnxTensor[] } {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const known = new Map<string, string>();
  const unique = nameGiver(taken);
  const constantOf: ConstantWriter['constantOf'] = (data, { dtype, shape }, wanted) => {
    const key = constantKey(data, shape, dtype, wanted);
    const before = key === undefined ? undefined : known.get(key);
    if (before !== undefined) return before;
    // Without a name it is shared by whoever has the same numbers, so that no module owns it.
    const name = unique(wanted ?? 'constant');
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
    const name = unique(inModule(opType));
    const names = Array.from({ length: outputs }, (_, i) => (outputs === 1 ? name : unique(`${name}:${i}`)));
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
    constantOf,
    nodeWithOutputs,
    node: (opType, inputs, attributes) => nodeWithOutputs(opType, inputs, 1, attributes)[0] ?? '',
    constant: (data, shape, dtype = 'float32') => constantOf(data, { shape, dtype }),
    integers: (values) => constantOf(values, { shape: [values.length], dtype: 'int64' }),
  };
}

/** Name of the model's output that carries the next value of a state. */
export const nextName = (state: string): string => `${state}.next`;

export interface SerializeOptions {
  /** Name of the graph in the file; default `program`. */
  readonly name?: string;
  /** Free key-value pairs kept in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the file is, for people who look at it; default nothing. */
  readonly documentation?: string;
  /** What inputs and outputs are, by name; default nothing. */
  readonly descriptions?: Readonly<Record<string, string>>;
  /** Write for the lowest operator set and IR version that the operators allow, which old engines read; default false: 18 and 8. */
  readonly lowestOpset?: boolean;
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
 * A program as the bytes of an ONNX file. States are inputs, and those that change are also outputs, named by `nextName`; a program
 * that is to be deployed has none, see `freeze`.
 *
 * @throws GraphError if two inputs, states or outputs have the same name
 */
export function serialize(program: Program, options: SerializeOptions = {}): Uint8Array {
  const { name = 'program', metadata = {}, documentation = '', descriptions = {} } = options;
  const results = [
    ...entries(program.outputs),
    ...entries(program.state).flatMap(([key, { next }]): [string, Tensor][] =>
      next ? [[nextName(key), next]] : [],
    ),
  ];
  const emit = collector(
    outsideNames([
      ...Object.keys(program.inputs),
      ...Object.keys(program.state),
      ...results.map(([key]) => key),
    ]),
  );
  const named = new Map<Node, readonly string[]>();
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  const walked: Node[] = [];

  for (const [key, tensor] of entries(program.inputs)) {
    named.set(tensor.node, [key]);
    inputs.push(valueInfo(key, tensor, descriptions[key]));
  }
  for (const [key, { value }] of entries(program.state)) {
    named.set(value.node, [key]);
    inputs.push(valueInfo(key, value, descriptions[key]));
  }
  const nameOf = ({ node, index }: Tensor): string => named.get(node)?.[index] ?? '';
  for (const node of topologicalOrder(results.map(([, tensor]) => tensor))) {
    if (node.kind === 'operator') {
      named.set(
        node,
        inScope(node.scope, () => node.kernel.onnx(node.inputs.map(nameOf), emit)),
      );
      walked.push(node);
    } else if (node.kind === 'constant') {
      const type = node.outputs[0];
      if (!type || !isStatic(type.shape)) continue;
      const { dtype, shape } = type;
      const name = inScope(node.scope, () => emit.constantOf(node.data, { dtype, shape }, node.name));
      named.set(node, [name]);
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
    outputs.push(valueInfo(key, tensor, descriptions[key]));
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
  const model: OnnxModel = {
    irVersion: BigInt(irVersionOf(OPSET)),
    producerName: 'meow-rl',
    producerVersion: '0',
    docString: documentation,
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      ...[...new Set(foreign.map(({ domain }) => domain))].map((domain) => ({ domain, version: 1n })),
    ],
    metadataProps: entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name,
      docString: documentation,
      node: nodes,
      initializer: emit.initializers,
      input: inputs,
      output: outputs,
      valueInfo: between.map((tensor) => valueInfo(nameOf(tensor), tensor)),
    },
  };
  return encodeModel(options.lowestOpset ? inLowestOpset(model) : model);
}
