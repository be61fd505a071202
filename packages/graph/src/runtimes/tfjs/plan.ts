import { constantKey } from '../../constant-key.ts';
import { DataError } from '../../errors.ts';
import type { HostView } from '../../lowering/views.ts';
import { entries, resultsOf } from '../../program.ts';
import type { Program } from '../../program.ts';
import { isStatic } from '../../shape.ts';
import type { Node, Tensor } from '../../tensor.ts';
import type { DType } from '../../tensor-type.ts';
import type { LengthsOf, TfjsAttribute, TfjsEmitter, TfjsValue } from '../../tfjs/emitter.ts';
import { topologicalOrder } from '../../topological-order.ts';

type Attributes = Readonly<Record<string, TfjsAttribute>>;

/** A call of a kernel. Values are places among those of a run. */
export interface KernelCall {
  readonly kernel: string;
  /** The operator whose form has it. */
  readonly operator: string;
  /** Where its inputs are, by the kernel's names for them; undefined where it takes a list. */
  readonly names: readonly string[] | undefined;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly attributes: Attributes | ((lengthsOf: LengthsOf) => Attributes);
}

interface PlanConstant {
  readonly slot: number;
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

interface NamedSlot {
  readonly name: string;
  readonly slot: number;
}

/** A program as calls of kernels of TensorFlow.js. */
export interface KernelPlan {
  /** Number of values of a run. */
  readonly slots: number;
  readonly constants: readonly PlanConstant[];
  readonly inputs: readonly (NamedSlot & { readonly tensor: Tensor })[];
  readonly states: readonly NamedSlot[];
  /** The states that are read, whole or in part. */
  readonly statesRead: readonly string[];
  readonly views: readonly { readonly slot: number; readonly view: HostView }[];
  readonly calls: readonly KernelCall[];
  /** The values that nothing reads after each of the calls. */
  readonly frees: readonly (readonly number[])[];
  readonly outputs: readonly NamedSlot[];
  /** The next values of states. */
  readonly next: readonly NamedSlot[];
}

/** Collects calls while the graph is walked. */
function collector(newSlot: () => TfjsValue, adapt: (emit: TfjsEmitter) => TfjsEmitter) {
  const calls: KernelCall[] = [];
  const constants: PlanConstant[] = [];
  const known = new Map<string, TfjsValue>();
  let operator = '';
  const kernelWithOutputs = (
    kernel: string,
    inputs: Readonly<Record<string, TfjsValue>> | readonly TfjsValue[],
    count: number,
    attributes: KernelCall['attributes'],
  ): readonly TfjsValue[] => {
    const outputs = Array.from({ length: count }, newSlot);
    const isList = Array.isArray(inputs);
    calls.push({
      kernel,
      operator,
      names: isList ? undefined : Object.keys(inputs),
      inputs: Object.values(inputs).map(({ slot }) => slot),
      outputs: outputs.map(({ slot }) => slot),
      attributes,
    });
    return outputs;
  };
  const emit: TfjsEmitter = {
    kernel: (name, inputs, attributes = {}) => {
      const [output] = kernelWithOutputs(name, inputs, 1, attributes);
      return output ?? newSlot();
    },
    kernelWithOutputs,
    constant: (data, shape, dtype = 'float32') => {
      const key = constantKey(data, shape, dtype);
      const before = key === undefined ? undefined : known.get(key);
      if (before) return before;
      const value = newSlot();
      constants.push({ slot: value.slot, data, shape, dtype });
      if (key !== undefined) known.set(key, value);
      return value;
    },
  };
  return {
    emit: adapt(emit),
    calls,
    constants,
    setOperator: (name: string) => {
      operator = name;
    },
  };
}

/** What nothing reads after each call, of what a run makes and doesn't keep. */
function freedAfter(
  calls: readonly KernelCall[],
  isKept: (slot: number) => boolean,
): readonly (readonly number[])[] {
  const seen = new Set<number>();
  return calls
    .toReversed()
    .map(({ inputs, outputs }) => {
      const last = inputs.concat(outputs).filter((slot) => !seen.has(slot) && !isKept(slot));
      for (const slot of last) seen.add(slot);
      return last;
    })
    .toReversed();
}

/**
 * Writes a program as calls of kernels.
 *
 * @param views the inputs that the host fills by itself
 * @param adapt has a backend called in another way than operators' forms say; default: as they do
 * @throws DataError for an operator without a TensorFlow.js form
 */
export function planKernels(
  program: Program,
  views: readonly HostView[],
  adapt: (emit: TfjsEmitter) => TfjsEmitter = (emit) => emit,
): KernelPlan {
  let slots = 0;
  const newSlot = (): TfjsValue => ({ slot: slots++ });
  const { emit, calls, constants, setOperator } = collector(newSlot, adapt);
  const results = resultsOf(program);
  const nodes = topologicalOrder(results);
  const isRead = new Set(nodes);
  const values = new Map<Node, readonly TfjsValue[]>();
  const placed = ({ node }: Tensor): number => {
    const value = newSlot();
    values.set(node, [value]);
    return value.slot;
  };
  const viewOf = new Map(views.map((view) => [view.name, view]));
  const read = entries(program.inputs).filter(([, { node }]) => isRead.has(node));
  const inputs = read.flatMap(([name, tensor]) =>
    viewOf.has(name) ? [] : [{ name, slot: placed(tensor), tensor }],
  );
  const viewSlots = read.flatMap(([name, tensor]) => {
    const view = viewOf.get(name);
    return view ? [{ slot: placed(tensor), view }] : [];
  });
  const states = entries(program.state).flatMap(([name, { value }]) =>
    isRead.has(value.node) ? [{ name, slot: placed(value) }] : [],
  );
  const parted = viewSlots.flatMap(({ view: { source } }) => (source.kind === 'state' ? [source.state] : []));
  const valueOf = ({ node, index }: Tensor): TfjsValue => {
    const value = values.get(node)?.[index];
    if (!value) throw new DataError(`load: node ${node.id} was read before it was computed`);
    return value;
  };
  for (const node of nodes) {
    if (node.kind === 'constant') {
      const [type] = node.outputs;
      if (type && isStatic(type.shape)) values.set(node, [emit.constant(node.data, type.shape, type.dtype)]);
    } else if (node.kind === 'operator') {
      setOperator(node.operator);
      const made = node.kernel.tfjs(node.inputs.map(valueOf), emit);
      if (!made)
        throw new DataError(
          `load: the operator ${node.operator} has no TensorFlow.js form. It runs on onnxruntime-fused and reference.`,
        );
      values.set(node, made);
    }
  }
  const outputs = entries(program.outputs).map(([name, output]) => ({ name, slot: valueOf(output).slot }));
  const next = entries(program.state).flatMap(([name, state]) =>
    state.next ? [{ name, slot: valueOf(state.next).slot }] : [],
  );
  const kept = new Set([...outputs, ...next, ...states, ...constants].map(({ slot }) => slot));
  return {
    slots,
    constants,
    inputs,
    states,
    statesRead: [...new Set([...states.map(({ name }) => name), ...parted])],
    views: viewSlots,
    calls,
    frees: freedAfter(calls, (slot) => kept.has(slot)),
    outputs,
    next,
  };
}
