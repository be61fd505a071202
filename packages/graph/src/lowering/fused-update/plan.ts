import { entries, mapValues, resultsOf } from '../../program.ts';
import type { Program } from '../../program.ts';
import type { Node, OperatorNode, Tensor } from '../../tensor.ts';
import { topologicalOrder } from '../../topological-order.ts';
import {
  cutName,
  findStepNodes,
  isScalar,
  isScalarOperator,
  isVector,
  isVectorOperator,
  programOutputs,
} from './step-nodes.ts';
import type { ScalarOperator, VectorOperator } from './step-nodes.ts';

interface Constant {
  readonly kind: 'constant';
  readonly value: number;
}

/** A number of a step: one from outside, the norm of a vector, or the result of an operation on numbers. */
export type ScalarOperand = { readonly kind: 'given' | 'norm' | 'result'; readonly index: number } | Constant;

/** An operation on numbers. Its result is the one whose index is its own place in the list. */
interface ScalarOperation {
  readonly operator: ScalarOperator;
  readonly operands: readonly ScalarOperand[];
}

/** One operand of the pass over all entries: an entry of a vector, or one number for all of them. */
export type Operand = { readonly kind: 'vector' | 'scalar' | 'value'; readonly index: number } | Constant;

/** One operation on each entry. Its result is the value whose index is its own place in the list. */
export interface StepOperation {
  readonly operator: VectorOperator;
  readonly operands: readonly Operand[];
}

/** Where something comes from that a step reads: a state, an input, or an output of the rest of the program. */
export type StepSource =
  | { readonly state: string }
  | { readonly input: string }
  | { readonly output: string };

/**
 * The part of a program that takes some long vectors to their next values entry by entry, and what it needs for that of
 * numbers: an optimizer's step. Done in one pass over memory it takes a fraction of the time that an engine needs for an
 * operator at a time.
 */
export interface StepPlan {
  /** Entries of each vector. */
  readonly length: number;
  readonly vectors: readonly StepSource[];
  readonly scalars: readonly StepSource[];
  /** 2-norms √Σ x² of vectors, known before the pass, each with the outputs of the program that it is. */
  readonly firstNorms: readonly { readonly vector: number; readonly outputs: readonly string[] }[];
  readonly scalarOperations: readonly ScalarOperation[];
  /** The numbers that the pass reads. */
  readonly parameters: readonly ScalarOperand[];
  readonly operations: readonly StepOperation[];
  /** The vectors that change, each with the operand that it becomes. */
  readonly writes: readonly { readonly state: string; readonly value: Operand }[];
  /** The states of one number that change. */
  readonly scalarWrites: readonly { readonly state: string; readonly value: ScalarOperand }[];
  /** Outputs of the program that are 2-norms of what the pass computes. */
  readonly norms: readonly { readonly output: string; readonly value: Operand }[];
}

/** A program in two parts: the steps all follow the engine's part, and read what was there before any of them. */
interface SteppedProgram {
  /** What is left for the engine; it gives what the steps read, and doesn't change the states that they do. */
  readonly unstepped: Program;
  readonly steps: readonly StepPlan[];
}

/** What a placeholder is as a source. */
function placeholderSource(node: Node): StepSource | undefined {
  if (node.kind === 'state') return { state: node.name };
  return node.kind === 'input' ? { input: node.name } : undefined;
}

/** The lengths of the vectors that states are replaced by, the largest first. One entry is a number and no vector. */
function vectorLengths(program: Program): readonly number[] {
  const lengths = Object.values(program.state).flatMap(({ next, shape }) =>
    next && shape.length === 1 ? (shape[0] ?? 0) : [],
  );
  return [...new Set(lengths)].filter((length) => length > 1).toSorted((a, b) => b - a);
}

const inOrder = (nodes: ReadonlySet<Node>): OperatorNode[] =>
  [...nodes].filter((node): node is OperatorNode => node.kind === 'operator').toSorted((a, b) => a.id - b.id);

/** Remembers what tensors are, from the first time that one is asked for. */
function remembered<T>(make: (tensor: Tensor) => T) {
  const known = new Map<Tensor, T>();
  const set = (tensor: Tensor, value: T): T => {
    known.set(tensor, value);
    return value;
  };
  return {
    set,
    has: (tensor: Tensor): boolean => known.has(tensor),
    of: (tensor: Tensor): T => known.get(tensor) ?? set(tensor, make(tensor)),
  };
}

const constantOf = ({ node }: Tensor): Constant | undefined =>
  node.kind === 'constant' ? { kind: 'constant', value: node.data[0] ?? Number.NaN } : undefined;

/**
 * Takes an optimized program apart into a step for each length of its states, and the rest.
 *
 * States of one number are stepped with the longest vectors, where there are some.
 *
 * @param fits whether a step can be taken next to others; what can't is left to the engine
 */
export function planSteps(
  program: Program,
  fits: (step: StepPlan, others: readonly StepPlan[]) => boolean = () => true,
): SteppedProgram {
  const steps: StepPlan[] = [];
  let unstepped = program;
  for (const length of vectorLengths(program)) {
    const planned = planStep(unstepped, length, steps.length);
    if (!planned || !fits(planned.step, steps)) continue;
    steps.push(planned.step);
    unstepped = planned.unstepped;
  }
  return { unstepped, steps };
}

/** A step over states of one length, with what it leaves; undefined if there is none. */
function planStep(
  program: Program,
  length: number,
  stepIndex: number,
): { readonly unstepped: Program; readonly step: StepPlan } | undefined {
  const stepNodes = findStepNodes(program, length);
  const changing = entries(program.state).flatMap(([state, { next }]) => (next ? [{ state, next }] : []));
  const stepped = changing.filter(({ next }) => stepNodes.vectors.has(next.node));
  if (stepped.length === 0) return undefined;

  const vectors: StepSource[] = [];
  const scalars: StepSource[] = [];
  const cuts: Record<string, Tensor> = {};
  const sourceOf = (tensor: Tensor): StepSource => {
    const source = placeholderSource(tensor.node);
    if (source) return source;
    const output = cutName(stepIndex, Object.keys(cuts).length);
    cuts[output] = tensor;
    return { output };
  };
  const vectorIndex = remembered((tensor) => vectors.push(sourceOf(tensor)) - 1);
  const firstNorms: { readonly vector: number; readonly outputs: readonly string[] }[] = [];
  const outputsOf = (tensor: Tensor): readonly string[] =>
    programOutputs(program).flatMap(([name, output]) => (output === tensor ? [name] : []));
  const numbers = remembered((tensor): ScalarOperand => {
    const x = stepNodes.norms.get(tensor);
    if (x) {
      const norm = { vector: vectorIndex.of(x), outputs: outputsOf(tensor) };
      return { kind: 'norm', index: firstNorms.push(norm) - 1 };
    }
    return constantOf(tensor) ?? { kind: 'given', index: scalars.push(sourceOf(tensor)) - 1 };
  });
  const scalarOperations: ScalarOperation[] = [];
  for (const { operator, inputs, outputs } of inOrder(stepNodes.scalars)) {
    const [output] = outputs;
    if (!output || !isScalarOperator(operator)) continue;
    const index = scalarOperations.push({ operator, operands: inputs.map(numbers.of) }) - 1;
    numbers.set(output, { kind: 'result', index });
  }

  const parameters: ScalarOperand[] = [];
  const operands = remembered((tensor): Operand => {
    if (isVector(tensor, length)) return { kind: 'vector', index: vectorIndex.of(tensor) };
    return constantOf(tensor) ?? { kind: 'scalar', index: parameters.push(numbers.of(tensor)) - 1 };
  });
  const operations: StepOperation[] = [];
  for (const { operator, inputs, outputs } of inOrder(stepNodes.vectors)) {
    const [output] = outputs;
    if (!output || !isVectorOperator(operator)) continue;
    const index = operations.push({ operator, operands: inputs.map(operands.of) }) - 1;
    operands.set(output, { kind: 'value', index });
  }
  const writes = stepped.map(({ state, next }) => ({ state, value: operands.of(next) }));
  // A state is written where it lies, so each has its place, also where it isn't read.
  for (const { state } of stepped) {
    const value = program.state[state]?.value;
    if (value) vectorIndex.of(value);
  }
  const scalarWrites = changing.flatMap(({ state, next }) =>
    isScalar(next) && stepNodes.scalars.has(next.node) ? [{ state, value: numbers.of(next) }] : [],
  );
  const norms: { readonly output: string; readonly value: Operand }[] = [];
  for (const [norm, x] of stepNodes.norms)
    // The pass itself measures what it needs no norm of.
    if (!numbers.has(norm))
      norms.push(...outputsOf(norm).map((output) => ({ output, value: operands.of(x) })));

  const written = new Set([...writes, ...scalarWrites].map(({ state }) => state));
  const taken = new Set([
    ...norms.map(({ output }) => output),
    ...firstNorms.flatMap((norm) => norm.outputs),
  ]);
  const kept = entries(program.outputs).filter(([output]) => !taken.has(output));
  const state = mapValues(program.state, (spec, name) =>
    written.has(name) ? { ...spec, next: undefined } : spec,
  );
  const unstepped: Program = { ...program, outputs: { ...Object.fromEntries(kept), ...cuts }, state };
  const isRead = new Set(topologicalOrder(resultsOf(unstepped)));
  return {
    unstepped: {
      ...unstepped,
      inputs: Object.fromEntries(entries(program.inputs).filter(([, { node }]) => isRead.has(node))),
      state: Object.fromEntries(
        entries(state).filter(([, { value, next }]) => next || isRead.has(value.node)),
      ),
    },
    step: {
      length,
      vectors,
      scalars,
      firstNorms,
      scalarOperations,
      parameters,
      operations,
      writes,
      scalarWrites,
      norms,
    },
  };
}

/** Which of a step's vectors it reads; the others it only writes. */
export function vectorsRead({ operations, writes, norms, firstNorms }: StepPlan): ReadonlySet<number> {
  const operands = [
    ...operations.flatMap((operation) => operation.operands),
    ...[...writes, ...norms].map(({ value }) => value),
  ];
  return new Set([
    ...operands.flatMap((operand) => (operand.kind === 'vector' ? [operand.index] : [])),
    ...firstNorms.map(({ vector }) => vector),
  ]);
}
