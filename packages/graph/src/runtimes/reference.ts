import { DataError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { floatsAt } from '../shared-vector.ts';
import type { SharedVector } from '../shared-vector.ts';
import { checkShared, checkStates, checkStateValue, ownStates, unknownState } from '../state-store.ts';
import type { StateStore, StateStoreOptions } from '../state-store.ts';
import { entries, resultsOf } from '../program.ts';
import type { Program, StateSpec } from '../program.ts';
import { bindAxes, resolveShape } from '../runtime.ts';
import type { Executable, LoadOptions, Runtime } from '../runtime.ts';
import type { ConstantNode, Node, Tensor } from '../tensor.ts';
import { topologicalOrder } from '../traverse.ts';

/** A state: its value, or where threads share it. */
interface Cell {
  value: Float64Array | Float32Array;
  readonly isShared: boolean;
}

const cellsOfStores = new WeakMap<object, ReadonlyMap<string, Cell>>();

/** What a run or a caller makes of a state. */
function replace(cell: Cell, values: ArrayLike<number>): void {
  if (cell.isShared) cell.value.set(values);
  else cell.value = Float64Array.from(values);
}

const createState = <S extends string>(
  specs: Readonly<Record<S, StateSpec>>,
  { shared }: StateStoreOptions<S> = {},
): StateStore<S> => {
  const vectors: Readonly<Record<string, SharedVector | undefined>> = shared ?? {};
  checkShared(specs, vectors);
  const cells = new Map(
    entries(specs).map(([name, { initial }]): [string, Cell] => {
      const vector = vectors[name];
      return [
        name,
        vector
          ? { value: floatsAt(vector), isShared: true }
          : { value: Float64Array.from(initial), isShared: false },
      ];
    }),
  );
  const cellOf = (name: string): Cell => {
    const cell = cells.get(name);
    if (cell) return cell;
    throw unknownState(specs, name);
  };
  const store: StateStore<S> = {
    specs,
    read: (name, into) => {
      const { value } = cellOf(name);
      if (!into) return value.slice();
      into.set(value);
      return into;
    },
    write: (name, value) => {
      checkStateValue(specs, name, value);
      replace(cellOf(name), value);
    },
  };
  cellsOfStores.set(store, cells);
  return store;
};

const evaluateConstant = ({ data, outputs: [tensor] }: ConstantNode): NdArray => ({
  dtype: tensor?.dtype ?? 'float32',
  shape: resolveShape(tensor?.shape ?? [], new Map()) ?? [],
  data: Float64Array.from(data),
});

/**
 * Evaluates tensors in float64 by walking the graph node by node.
 *
 * @param leaf gives the value of an input or state
 */
export function evaluate(tensors: readonly Tensor[], leaf: (tensor: Tensor) => NdArray): NdArray[] {
  const results = new Map<Node, readonly NdArray[]>();
  const valueOf = ({ node, index }: Tensor): NdArray => {
    const value = results.get(node)?.[index];
    if (!value) throw new DataError(`reference: node ${node.id} was read before it was computed`);
    return value;
  };
  for (const node of topologicalOrder(tensors)) {
    if (node.kind === 'operator') results.set(node, node.kernel.value(node.inputs.map(valueOf)));
    else if (node.kind === 'constant') results.set(node, [evaluateConstant(node)]);
    else results.set(node, node.outputs.map(leaf));
  }
  return tensors.map(valueOf);
}

/** A program on the reference runtime. Every value is float64, whatever its dtype. */
function load<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  { state = createState(ownStates(program)) }: LoadOptions,
): Executable<I, S, O> {
  const cells = cellsOfStores.get(state);
  if (!cells)
    throw new DataError('load: the store was not made by reference. Make it by the runtime that loads.');
  checkStates(program, state);
  let disposed = false;
  const cellOf = (name: string): Cell => {
    const cell = cells.get(name);
    if (cell) return cell;
    throw unknownState(state.specs, name);
  };
  return {
    state,
    run: async (inputs) => {
      if (disposed) throw new DataError('the executable was disposed of.');
      const axes = bindAxes(program, inputs);
      const leaf = ({ node, dtype, shape }: Tensor): NdArray => {
        const name = node.kind === 'input' || node.kind === 'state' ? node.name : '';
        const given: Readonly<Record<string, ArrayLike<number>>> = inputs;
        const data = node.kind === 'input' ? given[name] : cellOf(name).value;
        return { dtype, shape: resolveShape(shape, axes) ?? [], data: Float64Array.from(data ?? []) };
      };
      const values = evaluate(resultsOf(program), leaf);
      const names = Object.keys(program.outputs);
      const outputs = Object.fromEntries(names.map((name, i) => [name, values[i]?.data]));
      const changed = entries(program.state).filter(([, { next }]) => next !== undefined);
      changed.forEach(([name], i) => {
        // A copy: an output may be the same array, and outputs belong to the caller.
        replace(cellOf(name), values[names.length + i]?.data ?? []);
      });
      return outputs as Record<O, Float64Array>;
    },
    dispose: async () => {
      disposed = true;
    },
  };
}

/**
 * A runtime in plain TypeScript and float64: slow and obviously right. It is the oracle of the tests.
 */
export const referenceRuntime: Runtime = {
  name: 'reference',
  createState,
  load: async (program, options = {}) => load(program, options),
};
