import { mapValues, entries, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { sizeOfShape, isStatic } from '../shape.ts';
import type { Node, OperatorNode, Tensor } from '../tensor.ts';
import { nodesBehind } from '../traverse.ts';

/** Operators that a step can be made of, by their number of operands. */
const OPERATORS = { add: 2, sub: 2, mul: 2, div: 2, sqrt: 1, neg: 1 } as const;
export type StepOperator = keyof typeof OPERATORS;

/** One operand of a step: an entry of a vector, or one number for all entries. */
export type Operand =
  | { readonly kind: 'vector' | 'scalar' | 'value'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number };

/** A vector that a step reads. */
export type StepVector =
  | { readonly state: string }
  | { readonly input: string }
  | { readonly output: string };

/** One operation on each entry. Its result is the value whose index is its own place in the list. */
export interface StepOperation {
  readonly operator: StepOperator;
  readonly operands: readonly Operand[];
}

/**
 * The part of a program that takes each entry of some long vectors to their next values by itself: an optimizer's step.
 * Done in one pass over memory it takes a fraction of the time that an engine needs for an operator at a time.
 */
export interface StepPlan {
  /** Entries of each vector. */
  readonly length: number;
  /** What is read: states, inputs, or results of the rest of the program. */
  readonly vectors: readonly StepVector[];
  /** Results of the rest of the program that are one number each. */
  readonly scalars: readonly string[];
  readonly operations: readonly StepOperation[];
  /** The states that change, each with the operand that it becomes. */
  readonly writes: readonly { readonly state: string; readonly value: Operand }[];
  /** Outputs of the program that are 2-norms, √Σ x², each with its x. */
  readonly norms: readonly { readonly output: string; readonly value: Operand }[];
}

/** A program in two parts. */
export interface SteppedProgram {
  /** What is left for the engine; it gives what the step reads, and doesn't change the states that the step does. */
  readonly rest: Program;
  readonly step: StepPlan;
}

/** Name of an output that only the step reads. No program's own output begins like this. */
const cutName = (index: number) => `step:${index}`;

const isStepOperator = (operator: string): operator is StepOperator => Object.hasOwn(OPERATORS, operator);

const isVector = ({ dtype, shape }: Tensor, length: number) =>
  dtype === 'float32' && shape.length === 1 && shape[0] === length;

const isScalar = ({ dtype, shape }: Tensor) =>
  dtype === 'float32' && isStatic(shape) && sizeOfShape(shape) === 1;

const inputOf = (tensor: Tensor | undefined, operator: string): Tensor | undefined =>
  tensor?.node.kind === 'operator' && tensor.node.operator === operator ? tensor.node.inputs[0] : undefined;

/** The x of a tensor that is `globalNorm(x)`: √(row · rowᵀ) as a scalar. */
function normed(norm: Tensor): Tensor | undefined {
  const product = inputOf(inputOf(norm, 'reshape'), 'sqrt');
  const row = inputOf(product, 'matmul');
  const { node } = product ?? {};
  if (node?.kind !== 'operator' || node.inputs[1] !== row || node.attributes['transposeB'] !== true)
    return undefined;
  return row?.shape[0] === 1 ? inputOf(row, 'reshape') : undefined;
}

/** Counts who reads each tensor of a program. */
function readersOf(results: readonly Tensor[]): (tensor: Tensor) => number {
  const counts = new Map<Tensor, number>();
  const count = (tensor: Tensor) => counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  for (const node of nodesBehind(results)) node.inputs.forEach(count);
  results.forEach(count);
  return (tensor) => counts.get(tensor) ?? 0;
}

/** The nodes that only the next states need (and norms of what they are made of), and that work entry by entry. */
function stepNodes(
  program: Program,
  length: number,
  states: readonly string[],
): { readonly nodes: ReadonlySet<Node>; readonly norms: ReadonlyMap<string, Tensor> } {
  const readers = readersOf(resultsOf(program));
  const uses = new Map<Tensor, number>();
  const use = (tensor: Tensor) => uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const state of states) {
    const next = program.state[state]?.next;
    if (next) use(next);
  }
  const norms = new Map<string, Tensor>();
  for (const [output, norm] of entries(program.outputs)) {
    const x = normed(norm);
    // The norm itself and each link of its chain must be read once only, or the engine needs them.
    if (!x || !isVector(x, length) || !readOnce(norm, readers)) continue;
    norms.set(output, x);
    use(x);
  }
  const nodes = new Set<Node>();
  for (const node of nodesBehind([...uses.keys()]).toReversed()) {
    const [output] = node.outputs;
    if (node.kind !== 'operator' || !output || !isStepOperator(node.operator)) continue;
    // A norm's chain reads it too, by a reshape of its own.
    if (!isVector(output, length) || uses.get(output) !== readers(output)) continue;
    if (!node.inputs.every((input) => isVector(input, length) || isScalar(input))) continue;
    nodes.add(node);
    node.inputs.forEach(use);
  }
  // What is not part of the step after all leaves its norm to the engine.
  for (const [output, x] of norms) if (!nodes.has(x.node)) norms.delete(output);
  return { nodes, norms };
}

/** Whether the links of a norm's chain have no other readers. */
function readOnce(norm: Tensor, readers: (tensor: Tensor) => number): boolean {
  const root = norm.node.inputs[0];
  const product = root?.node.inputs[0];
  const row = product?.node.inputs[0];
  if (!root || !product || !row) return false;
  return readers(norm) === 1 && readers(root) === 1 && readers(product) === 1 && readers(row) === 2;
}

/** What a placeholder is as a vector. */
function givenVector(node: Node): StepVector | undefined {
  if (node.kind === 'state') return { state: node.name };
  return node.kind === 'input' ? { input: node.name } : undefined;
}

/** The longest vector that a state is replaced by. */
function longest(program: Program): number {
  const lengths = Object.values(program.state).flatMap(({ next, shape }) =>
    next && shape.length === 1 ? (shape[0] ?? 0) : [],
  );
  return Math.max(0, ...lengths);
}

/**
 * Takes an optimized program apart into a step over its longest states and the rest.
 *
 * @returns undefined if there is no such step
 */
export function planStep(program: Program): SteppedProgram | undefined {
  const length = longest(program);
  const changing = entries(program.state).flatMap(([state, { next }]) =>
    next && isVector(next, length) ? [[state, next] as const] : [],
  );
  if (length < 2) return undefined;
  const { nodes, norms } = stepNodes(
    program,
    length,
    changing.map(([state]) => state),
  );
  const stepped = changing.filter(([, next]) => nodes.has(next.node));
  if (stepped.length === 0) return undefined;

  const vectors: StepVector[] = [];
  const scalars: string[] = [];
  const cuts: Record<string, Tensor> = {};
  const operations: StepOperation[] = [];
  const operands = new Map<Tensor, Operand>();
  const cut = (tensor: Tensor) => {
    const name = cutName(Object.keys(cuts).length);
    cuts[name] = tensor;
    return name;
  };
  const fromOutside = (tensor: Tensor): Operand => {
    const { node } = tensor;
    if (node.kind === 'constant' && isScalar(tensor))
      return { kind: 'constant', value: node.data[0] ?? Number.NaN };
    if (!isVector(tensor, length)) return { kind: 'scalar', index: scalars.push(cut(tensor)) - 1 };
    const vector = givenVector(node) ?? { output: cut(tensor) };
    return { kind: 'vector', index: vectors.push(vector) - 1 };
  };
  const operandOf = (tensor: Tensor): Operand => {
    const known = operands.get(tensor) ?? fromOutside(tensor);
    operands.set(tensor, known);
    return known;
  };
  const inOrder = [...nodes].filter((node): node is OperatorNode => node.kind === 'operator');
  for (const { operator, inputs, outputs } of inOrder.toSorted((a, b) => a.id - b.id)) {
    const [output] = outputs;
    if (!output || !isStepOperator(operator)) continue;
    const index = operations.push({ operator, operands: inputs.map(operandOf) }) - 1;
    operands.set(output, { kind: 'value', index });
  }
  const writes = stepped.map(([state, next]) => ({ state, value: operandOf(next) }));
  // A state is written where it lies, so each has its place, also where it isn't read.
  for (const { state } of writes)
    if (!vectors.some((vector) => 'state' in vector && vector.state === state)) vectors.push({ state });

  const written = new Set(writes.map(({ state }) => state));
  const own = entries(program.outputs).filter(([output]) => !norms.has(output));
  const rest: Program = {
    inputs: program.inputs,
    outputs: { ...Object.fromEntries(own), ...cuts },
    state: mapValues(program.state, (spec, state) =>
      written.has(state) ? { ...spec, next: undefined } : spec,
    ),
  };
  const isRead = new Set(nodesBehind(resultsOf(rest)));
  const inputs = entries(program.inputs).filter(([, { node }]) => isRead.has(node));
  return {
    rest: { ...rest, inputs: Object.fromEntries(inputs) },
    step: {
      length,
      vectors,
      scalars,
      operations,
      writes,
      norms: [...norms].map(([output, x]) => ({ output, value: operandOf(x) })),
    },
  };
}

/** Which of a step's vectors it reads; the others it only writes. */
export function vectorsRead({ operations, writes, norms }: StepPlan): ReadonlySet<number> {
  const operands = [
    ...operations.flatMap((own) => own.operands),
    ...[...writes, ...norms].map(({ value }) => value),
  ];
  return new Set(operands.flatMap((own) => (own.kind === 'vector' ? [own.index] : [])));
}
