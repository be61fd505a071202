import { DataError } from '../errors.ts';
import { split } from '../ops/partition.ts';
import { resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { rewrite, substitution } from '../rewrite/rewrite.ts';
import { isStatic, sizeOfShape } from '../shape.ts';
import { placeholder } from '../tensor.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';

/** Consecutive entries of an array that the host has: to it handing them over costs nothing, to an engine a copy of all. */
export interface HostView {
  /** Name of the input that takes them. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly source: WindowSource | StateSource;
}

/** A window into a constant. */
interface WindowSource {
  readonly kind: 'window';
  readonly data: Float32Array;
  /** The input that says where it begins, and the entry of it. */
  readonly input: string;
  readonly index: number;
}

/** A part of a state. */
interface StateSource {
  readonly kind: 'state';
  readonly state: string;
  /** Entries before it. */
  readonly offset: number;
}

/** Name of an input that only the host fills. No program's own input begins like this. */
const viewName = (index: number) => `view:${index}`;

const operatorOf = (tensor: Tensor | undefined, operator: string): OperatorNode | undefined =>
  tensor?.node.kind === 'operator' && tensor.node.operator === operator ? tensor.node : undefined;

/** The window that a tensor is, if its constant and its position are the host's. */
function windowOf(tensor: Tensor) {
  const [bank, start] =
    operatorOf(operatorOf(tensor, 'reshape')?.inputs[0] ?? tensor, 'window')?.inputs ?? [];
  const slice = operatorOf(start, 'slice');
  const position = slice ? slice.inputs[0] : start;
  const index = slice ? slice.attributes['start'] : 0;
  if (bank?.node.kind !== 'constant' || position?.node.kind !== 'input' || typeof index !== 'number')
    return undefined;
  if (tensor.dtype !== 'float32' || !isStatic(tensor.shape) || position.shape.length !== 1) return undefined;
  return { shape: tensor.shape, data: bank.node.data, input: position.node.name, index };
}

/** The state whose parts a node gives, if that is what it does. */
function partedState(node: OperatorNode): string | undefined {
  const [whole] = node.inputs;
  if (node.operator !== 'split' || node.attributes['axis'] !== 0) return undefined;
  return whole?.node.kind === 'state' && whole.shape.length === 1 ? whole.node.name : undefined;
}

/** The part of a state that a tensor is, in the shape in which it is read. */
function partOf(tensor: Tensor) {
  const part = operatorOf(tensor, 'reshape')?.inputs[0] ?? tensor;
  const { node } = part;
  const state = node.kind === 'operator' ? partedState(node) : undefined;
  if (state === undefined || !isStatic(tensor.shape)) return undefined;
  return { state, shape: tensor.shape, offset: total(node.outputs.slice(0, part.index)) };
}

const sizeOf = ({ shape }: Tensor): number => (isStatic(shape) ? sizeOfShape(shape) : 0);
const total = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);

interface ViewOptions {
  /**
   * Whether each part of a state that is read becomes an input by itself, instead of the stretch of them all: better where
   * an input costs less than cutting it out. Default: false.
   */
  readonly parts?: boolean;
}

/**
 * Makes inputs of their own of windows into constants, and of the stretches of states from the first to the last part that is
 * read: an acting program reads some of the parameters only. Inputs and states that nothing else reads are left out.
 */
export function takeViews(
  given: Program,
  { parts = false }: ViewOptions = {},
): {
  readonly program: Program;
  readonly views: readonly HostView[];
} {
  const nodes = topologicalOrder(resultsOf(given));
  const isRead = new Set([...nodes.flatMap((node) => node.inputs), ...resultsOf(given)]);
  const views: HostView[] = [];
  const inputs: Record<string, Tensor> = {};

  const view = (shape: readonly number[], source: HostView['source']): Tensor => {
    const name = viewName(views.length);
    views.push({ name, shape, source });
    const input = placeholder('input', name, { dtype: 'float32', shape });
    inputs[name] = input;
    return input;
  };
  // Where they are read: what is reshaped is read in its new shape only.
  const tensors = substitution((tensor) => {
    const part = parts ? partOf(tensor) : undefined;
    if (part) {
      const { shape, ...where } = part;
      return view(shape, { kind: 'state', ...where });
    }
    const window = windowOf(tensor);
    if (!window) return undefined;
    const { shape, data, ...where } = window;
    // As it is where it can be, so that windows into one constant share it.
    const floats = data instanceof Float32Array ? data : Float32Array.from(data);
    return view(shape, { kind: 'window', data: floats, ...where });
  });
  /** The parts of a state, split from the stretch of it that is read instead of the whole. */
  const narrow = ({ outputs }: OperatorNode, state: string): readonly (Tensor | undefined)[] => {
    const [first, last] = [
      outputs.findIndex((part) => isRead.has(part)),
      outputs.findLastIndex((part) => isRead.has(part)),
    ];
    const read = outputs.slice(first, last + 1);
    if (first < 0 || read.length === outputs.length) return [];
    const offset = total(outputs.slice(0, first));
    const stretch = view([total(read)], { kind: 'state', state, offset });
    return [...outputs.slice(0, first).map(() => undefined), ...split(stretch, read.map(sizeOf))];
  };
  const program = rewrite(given, tensors, (node) => {
    const [output] = node.outputs;
    if (!output || windowOf(output) || (parts && partOf(output))) return [];
    const state = partedState(node);
    return state === undefined ? undefined : narrow(node, state);
  });
  if (views.length === 0) return { program: given, views };
  const left = new Set(topologicalOrder(resultsOf(program)));
  const keptInputs = Object.entries(given.inputs).filter(([, { node }]) => left.has(node));
  const states = Object.entries(program.state).filter(([, { value, next }]) => next || left.has(value.node));
  return {
    program: {
      ...program,
      inputs: { ...Object.fromEntries(keptInputs), ...inputs },
      state: Object.fromEntries(states),
    },
    views,
  };
}

/**
 * Where a window begins in a run.
 *
 * @throws DataError if it does not lie inside its constant
 */
export function windowStart(
  { data, input, index }: WindowSource,
  length: number,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): number {
  const start = inputs[input]?.[index] ?? Number.NaN;
  if (!(Number.isInteger(start) && start >= 0 && start + length <= data.length))
    throw new DataError(
      `run: input ${input} has ${start} in entry ${index}, where a window of ${length} entries begins: expected 0 to ${data.length - length}.`,
    );
  return start;
}
