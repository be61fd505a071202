import { DataError } from '../errors.ts';
import { mapValues, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { isStatic, sizeOfShape } from '../shape.ts';
import { placeholder } from '../tensor.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { nodesBehind } from '../traverse.ts';

/** A window into a constant that the host can hand over by itself: to it that costs nothing, to an engine a copy. */
export interface HostWindow {
  /** Name of the input that takes it. */
  readonly name: string;
  readonly shape: readonly number[];
  /** What it is a window into. */
  readonly data: Float32Array;
  /** The input that says where it begins, and the entry of it. */
  readonly input: string;
  readonly index: number;
}

/** Name of an input that only the host fills. No program's own input begins like this. */
const windowName = (index: number) => `window:${index}`;

const operatorOf = (tensor: Tensor | undefined, operator: string): OperatorNode | undefined =>
  tensor?.node.kind === 'operator' && tensor.node.operator === operator ? tensor.node : undefined;

/** The window that a tensor is, if its constant and its position are the host's. */
function windowOf(
  tensor: Tensor,
): (Omit<HostWindow, 'name' | 'data'> & { readonly data: ArrayLike<number> }) | undefined {
  const [bank, start] =
    operatorOf(operatorOf(tensor, 'reshape')?.inputs[0] ?? tensor, 'window')?.inputs ?? [];
  const slice = operatorOf(start, 'slice');
  const position = slice ? slice.inputs[0] : start;
  const index = slice ? slice.attributes['start'] : 0;
  if (bank?.node.kind !== 'constant' || position?.node.kind !== 'input' || typeof index !== 'number')
    return undefined;
  if (!isStatic(tensor.shape) || position.shape.length !== 1) return undefined;
  return { shape: tensor.shape, data: bank.node.data, input: position.node.name, index };
}

/**
 * Makes windows into constants inputs of their own. Inputs that nothing else reads are left out, as is what is computed from
 * them alone.
 */
export function takeWindows(given: Program): {
  readonly program: Program;
  readonly windows: readonly HostWindow[];
} {
  const windows: HostWindow[] = [];
  const inputs: Record<string, Tensor> = {};
  const replaced = new Map<Tensor, Tensor>();
  const resolve = (tensor: Tensor): Tensor => {
    const known = replaced.get(tensor);
    const found = known ? undefined : windowOf(tensor);
    if (!found) return known ?? tensor;
    const name = windowName(windows.length);
    const { data } = found;
    windows.push({ name, ...found, data: data instanceof Float32Array ? data : Float32Array.from(data) });
    const own = placeholder('input', name, tensor);
    inputs[name] = own;
    replaced.set(tensor, own);
    return own;
  };
  const nodes = nodesBehind(resultsOf(given));
  if (!nodes.some((node) => node.kind === 'operator' && node.operator === 'window'))
    return { program: given, windows };
  for (const node of nodes) {
    const [output] = node.outputs;
    // Windows are made where they are read: one that is reshaped is read in its new shape only.
    if (node.kind !== 'operator' || (output && windowOf(output))) continue;
    const own = node.inputs.map(resolve);
    if (own.every((input, i) => input === node.inputs[i])) continue;
    const rebuilt = node.kernel.rebuild(own);
    node.outputs.forEach((from, i) => replaced.set(from, rebuilt[i] ?? from));
  }
  const program: Program = {
    ...given,
    outputs: mapValues(given.outputs, resolve),
    state: mapValues(given.state, (state) => ({ ...state, next: state.next && resolve(state.next) })),
  };
  const isRead = new Set(nodesBehind(resultsOf(program)));
  const left = Object.entries(given.inputs).filter(([, { node }]) => isRead.has(node));
  return { program: { ...program, inputs: { ...Object.fromEntries(left), ...inputs } }, windows };
}

/**
 * The part of its constant that a window shows in a run, uncopied.
 *
 * @throws DataError if it does not lie inside
 */
export function windowData(
  { data, shape, input, index }: HostWindow,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Float32Array {
  const [length, start = Number.NaN] = [sizeOfShape(shape), inputs[input]?.[index]];
  if (!(Number.isInteger(start) && start >= 0 && start + length <= data.length))
    throw new DataError(
      `run: input ${input} has ${start} in entry ${index}, where a window of ${length} entries begins: expected 0 to ${data.length - length}.`,
    );
  return data.subarray(start, start + length);
}
