import type { OnnxModel, OnnxNode, OnnxValueInfo } from '@meow-rl/graph';

/** An input of a program that runs without the engine, or a constant. */
interface DirectInput {
  readonly name: string;
  /** What it always is; undefined for what runs are given. */
  readonly constant: { readonly data: Float32Array; readonly dims: readonly number[] } | undefined;
}

/** A result of such a program. */
export interface DirectOutput {
  readonly name: string;
  readonly value: number;
  readonly dims: readonly number[];
}

/** A program that the addon runs without the engine. */
export interface DirectPlan {
  /** As `direct.h` says. */
  readonly numbers: BigInt64Array;
  readonly floats: Float32Array;
  /** The values from 0 on. */
  readonly inputs: readonly DirectInput[];
  readonly outputs: readonly DirectOutput[];
}

const FLOAT = 1;
/** Attributes by the numbers that the addon knows them by. */
const ATTRIBUTES = ['size', 'inputs', 'outputs', 'output_shapes', 'code', 'product', 'constants'] as const;
/** Matrices that `Columns` puts beside each other at most, as `columns.c` has it. */
const MOST_COLUMNS = 16;
/** The addon's operators by their numbers. */
const COLUMNS = 0;
const OPERATORS: ReadonlyMap<string, number> = new Map([
  ['Fused', 1],
  ['Product', 2],
]);

/** The lengths of a float32 tensor's axes, if they are known. */
function dimsOf({ type: { tensorType } }: OnnxValueInfo): readonly number[] | undefined {
  const dims = tensorType.shape.dim.map(({ dimValue, dimParam }) =>
    dimParam ? Number.NaN : Number(dimValue ?? 0n),
  );
  return tensorType.elemType === FLOAT && dims.every(Number.isFinite) ? dims : undefined;
}

/** A step as numbers but for what it reads and gives, and the ranks of its results; undefined where the addon can't do it. */
interface Operation {
  readonly operator: number;
  readonly inputs: readonly string[];
  readonly attributes: readonly bigint[];
  readonly floats: readonly number[];
  readonly ranks: readonly number[];
}

const attributeOf = (node: OnnxNode, name: string) =>
  node.attribute.find((attribute) => attribute.name === name);

/** Ranks in shapes that are written one after the other, each behind its rank; none where one is negative, which the engine refuses. */
function ranksIn(shapes: readonly bigint[]): readonly number[] {
  const ranks: number[] = [];
  for (let at = 0; at < shapes.length;) {
    const rank = Number(shapes[at]);
    if (rank < 0) return [];
    ranks.push(rank);
    at += 1 + rank;
  }
  return ranks;
}

function ownOperation(node: OnnxNode, operator: number): Operation {
  const floats: number[] = [];
  const attributes = node.attribute.flatMap(({ name, ints = [], floats: entries = [] }) => {
    const number = ATTRIBUTES.findIndex((known) => known === name);
    if (number < ATTRIBUTES.length - 1) return [BigInt(number), BigInt(ints.length), ...ints];
    floats.push(...entries);
    return [BigInt(number), BigInt(entries.length)];
  });
  const ranks = node.opType === 'Product' ? [2] : ranksIn(attributeOf(node, 'output_shapes')?.ints ?? []);
  return {
    operator,
    inputs: node.input,
    attributes: [BigInt(node.attribute.length), ...attributes],
    floats,
    ranks,
  };
}

const columns = (inputs: readonly string[]): Operation => ({
  operator: COLUMNS,
  inputs,
  attributes: [0n],
  floats: [],
  ranks: [2],
});

/**
 * What a node is to the addon.
 *
 * @param rankOf of what is given or made before it
 * @param isRead whether another node reads a tensor
 */
function operationOf(
  node: OnnxNode,
  rankOf: ReadonlyMap<string, number>,
  isRead: ReadonlySet<string>,
): Operation | undefined {
  const operator = node.domain === 'meow' ? OPERATORS.get(node.opType) : undefined;
  if (operator !== undefined)
    return node.attribute.every(({ name }) => ATTRIBUTES.some((known) => known === name))
      ? ownOperation(node, operator)
      : undefined;
  if (node.domain !== '') return undefined;
  const { input, output } = node;
  const isMatrix = (name: string) => rankOf.get(name) === 2;
  if (node.opType === 'Concat' && attributeOf(node, 'axis')?.i === 1n && input.every(isMatrix))
    return input.length <= MOST_COLUMNS ? columns(input) : undefined;
  // The elements stay as they are, and of a result nobody here asks for its shape.
  const [matrix = '', result = ''] = [input[0], output[0]];
  return node.opType === 'Reshape' && isMatrix(matrix) && !isRead.has(result) ? columns([matrix]) : undefined;
}

/** Gives the memory of what nothing reads any more to what is made next. */
function slotAllocator() {
  const free: bigint[] = [];
  let count = 0n;
  return {
    take: (): bigint => free.pop() ?? count++,
    give: (slot: bigint): void => void free.push(slot),
  };
}

/** A model as a program that needs no engine; undefined where it has an operator that isn't the addon's, or shapes are not known. */
export function directPlan({ graph }: OnnxModel): DirectPlan | undefined {
  const numberOf = new Map<string, number>();
  const rankOf = new Map<string, number>();
  const inputs: DirectInput[] = [];
  const given = (name: string, rank: number, constant: DirectInput['constant']): void => {
    numberOf.set(name, inputs.length);
    rankOf.set(name, rank);
    inputs.push({ name, constant });
  };
  for (const info of graph.input) {
    const dims = dimsOf(info);
    if (!dims) return undefined;
    given(info.name, dims.length, undefined);
  }
  for (const { name, dims, dataType, rawData } of graph.initializer) {
    if (dataType !== FLOAT) continue;
    const data = new Float32Array(rawData.slice().buffer);
    given(name, dims.length, { data, dims: dims.map(Number) });
  }
  const outputs: DirectOutput[] = [];
  const results = new Set(graph.output.map(({ name }) => name));
  const isRead = new Set(graph.node.flatMap(({ input }) => input));
  const operations: { readonly operation: Operation; readonly output: readonly string[] }[] = [];
  let values = inputs.length;
  for (const node of graph.node) {
    const operation = operationOf(node, rankOf, isRead);
    if (!operation || operation.ranks.length !== node.output.length) return undefined;
    if (!operation.inputs.every((name) => rankOf.has(name))) return undefined;
    operations.push({ operation, output: node.output });
    for (const [i, name] of node.output.entries()) {
      if (name === '' || numberOf.has(name)) return undefined;
      numberOf.set(name, values++);
      rankOf.set(name, operation.ranks[i] ?? 0);
    }
  }
  for (const info of graph.output) {
    const dims = dimsOf(info);
    const value = numberOf.get(info.name) ?? -1;
    if (!dims || value < inputs.length) return undefined;
    outputs.push({ name: info.name, value, dims });
  }

  const lastReader = new Map<string, number>();
  for (const [i, { operation }] of operations.entries())
    for (const name of operation.inputs) lastReader.set(name, i);
  const slotOf = new Map<string, bigint>();
  const slots = slotAllocator();
  const steps: bigint[] = [];
  const listed = (names: readonly string[]) => [
    BigInt(names.length),
    ...names.map((name) => BigInt(numberOf.get(name) ?? -1)),
  ];
  for (const [i, { operation, output }] of operations.entries()) {
    steps.push(
      BigInt(operation.operator),
      ...listed(operation.inputs),
      ...listed(output),
      ...operation.attributes,
    );
    for (const name of output) slotOf.set(name, results.has(name) ? -1n : slots.take());
    for (const name of new Set([...operation.inputs, ...output])) {
      const slot = slotOf.get(name) ?? -1n;
      if (slot >= 0n && (lastReader.get(name) ?? -1) <= i) slots.give(slot);
    }
  }
  return {
    numbers: BigInt64Array.from([
      BigInt(inputs.length),
      BigInt(values),
      ...operations.flatMap(({ output }) => output.map((name) => slotOf.get(name) ?? -1n)),
      ...steps,
    ]),
    floats: Float32Array.from(operations.flatMap(({ operation }) => operation.floats)),
    inputs,
    outputs,
  };
}
