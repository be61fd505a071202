import { entries, resultsOf } from '../../program.ts';
import type { Program } from '../../program.ts';
import { isStatic, sizeOfShape } from '../../shape.ts';
import type { Node, Tensor } from '../../tensor.ts';
import { topologicalOrder } from '../../topological-order.ts';
import { readersOf } from '../readers.ts';

/** Operators on each entry of a vector. */
const VECTOR_OPERATORS = ['add', 'sub', 'mul', 'div', 'sqrt', 'neg'] as const;
export type VectorOperator = (typeof VECTOR_OPERATORS)[number];

/** Operators on numbers. */
const SCALAR_OPERATORS = [...VECTOR_OPERATORS, 'minimum', 'maximum'] as const;
export type ScalarOperator = (typeof SCALAR_OPERATORS)[number];

export const isVectorOperator = (operator: string): operator is VectorOperator =>
  VECTOR_OPERATORS.some((known) => known === operator);
export const isScalarOperator = (operator: string): operator is ScalarOperator =>
  SCALAR_OPERATORS.some((known) => known === operator);

export const isVector = ({ dtype, shape }: Tensor, length: number): boolean =>
  dtype === 'float32' && shape.length === 1 && shape[0] === length;

export const isScalar = ({ dtype, shape }: Tensor): boolean =>
  dtype === 'float32' && isStatic(shape) && sizeOfShape(shape) === 1;

/** What a step does of a program. */
interface StepNodes {
  /** Operators on each entry. */
  readonly vectors: ReadonlySet<Node>;
  /** Operators on numbers that only they, or next states, read. */
  readonly scalars: ReadonlySet<Node>;
  /** 2-norms that only these and outputs read, with their vectors. */
  readonly norms: ReadonlyMap<Tensor, Tensor>;
}

const inputOf = (tensor: Tensor | undefined, operator: string): Tensor | undefined =>
  tensor?.node.kind === 'operator' && tensor.node.operator === operator ? tensor.node.inputs[0] : undefined;

/** The x of a tensor that is `globalNorm(x)`: √(row · rowᵀ) as a scalar, if nothing else reads the links of this chain. */
function normed(norm: Tensor, readers: (tensor: Tensor) => number): Tensor | undefined {
  const root = inputOf(norm, 'reshape');
  const product = inputOf(root, 'sqrt');
  const row = inputOf(product, 'matmul');
  const { node } = product ?? {};
  if (!root || !product || !row || node?.kind !== 'operator') return undefined;
  if (node.inputs[1] !== row || node.attributes['transposeB'] !== true) return undefined;
  if (readers(root) !== 1 || readers(product) !== 1 || readers(row) !== 2) return undefined;
  return row.shape[0] === 1 ? inputOf(row, 'reshape') : undefined;
}

/** Name of an output that only a step reads. No program's own output begins like this. */
export const cutName = (step: number, index: number) => `step:${step}:${index}`;

/** The outputs of the program as it was given, without those that steps read. */
export const programOutputs = ({ outputs }: Program): [name: string, output: Tensor][] =>
  entries(outputs).filter(([name]) => !name.startsWith('step:'));

/**
 * Finds what only the next states need (and norms of what they are made of), and that works entry by entry or on numbers.
 *
 * @param length entries of the vectors
 */
export function findStepNodes(program: Program, length: number): StepNodes {
  const outputs = programOutputs(program).map(([, output]) => output);
  const readers = readersOf(resultsOf(program));
  const uses = new Map<Tensor, number>();
  const use = (tensor: Tensor) => uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const [, { next }] of entries(program.state))
    if (next && (isVector(next, length) || isScalar(next))) use(next);
  const vectors = new Set<Node>();
  const scalars = new Set<Node>();
  const norms = new Map<Tensor, Tensor>();
  // Readers come before what they read, so that all uses of a tensor are known when its turn comes.
  for (const node of topologicalOrder(resultsOf(program)).toReversed()) {
    const [output] = node.outputs;
    if (node.kind !== 'operator' || !output) continue;
    const used = uses.get(output) ?? 0;
    const x = normed(output, readers);
    if (x && isVector(x, length)) {
      if (used + outputs.filter((other) => other === output).length !== readers(output)) continue;
      norms.set(output, x);
      // One that the pass itself needs must be known before it, so its vector has to come from outside.
      if (used === 0) use(x);
      continue;
    }
    if (used !== readers(output)) continue;
    const { operator, inputs } = node;
    const isOnVectors = inputs.every((input) => isVector(input, length) || isScalar(input));
    if (isVectorOperator(operator) && isVector(output, length) && isOnVectors) vectors.add(node);
    else if (isScalarOperator(operator) && isScalar(output) && inputs.every(isScalar)) scalars.add(node);
    else continue;
    inputs.forEach(use);
  }
  // The engine keeps norms of what the step doesn't read anyway.
  const read = new Set([...vectors, ...scalars].flatMap((node) => node.inputs));
  for (const [norm, x] of norms)
    if (!vectors.has(x.node) && !read.has(x) && !read.has(norm)) norms.delete(norm);
  return { vectors, scalars, norms };
}
