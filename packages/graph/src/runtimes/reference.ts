import { DataError } from '../errors.ts';
import { evaluate } from '../evaluate.ts';
import type { NdArray } from '../ndarray.ts';
import { entries, resultsOf } from '../program.ts';
import type { Program, StateSpec } from '../program.ts';
import { bindAxes, resolveShape } from '../runtime.ts';
import type { Executable, LoadOptions, Runtime } from '../runtime.ts';
import { floatsAt } from '../shared-vector.ts';
import type { SharedVector } from '../shared-vector.ts';
import { checkStateSpecs, checkStoredStates, stateStore } from '../state-store.ts';
import type { FloatArray, StateStore, StateStoreOptions } from '../state-store.ts';
import type { Tensor } from '../tensor.ts';

/** Where states lie: arrays that executables may share. */
type StateArrays = ReadonlyMap<string, FloatArray>;

/** The arrays of each store. */
const stores = new WeakMap<StateStore, StateArrays>();

const stateArray = ({ initial }: StateSpec, shared: SharedVector | undefined): FloatArray =>
  shared ? floatsAt(shared) : Float64Array.from(initial);

const arrayIn = (arrays: StateArrays, name: string): FloatArray => {
  const array = arrays.get(name);
  if (!array) throw new DataError(`unknown state ${name}.`);
  return array;
};

function createState<S extends string>(
  specs: Readonly<Record<S, StateSpec>>,
  { shared }: StateStoreOptions<S> = {},
): StateStore<S> {
  const vectors: Readonly<Record<string, SharedVector | undefined>> = shared ?? {};
  checkStateSpecs(specs, vectors);
  const arrays: StateArrays = new Map(
    entries<string, StateSpec>(specs).map(([name, spec]) => [name, stateArray(spec, vectors[name])]),
  );
  const store = stateStore(specs, (name) => arrayIn(arrays, name));
  stores.set(store, arrays);
  return store;
}

/** The arrays of a program's states, and the store that has them. */
function bind<S extends string>(
  program: Program<string, S>,
  store: StateStore<S> = createState(program.state),
): { readonly arrays: StateArrays; readonly store: StateStore<S> } {
  const arrays = stores.get(store);
  if (!arrays)
    throw new DataError(
      'load: the store was not made by this runtime, reference. Make it by its createState.',
    );
  checkStoredStates(program, store);
  return { arrays, store };
}

/** A program on the reference runtime. Every value is float64, whatever its dtype. */
function load<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  { state }: LoadOptions,
): Executable<I, S, O> {
  const { arrays, store } = bind(program, state);
  let disposed = false;
  const executable: Executable<I, S, O> = {
    run: async (inputs) => {
      if (disposed) throw new DataError('the executable was disposed of.');
      const axes = bindAxes(program, inputs);
      const leaf = ({ node, dtype, shape }: Tensor): NdArray => {
        const name = node.kind === 'input' || node.kind === 'state' ? node.name : '';
        const given: Readonly<Record<string, ArrayLike<number>>> = inputs;
        const data = node.kind === 'input' ? given[name] : arrayIn(arrays, name);
        return { dtype, shape: resolveShape(shape, axes) ?? [], data: Float64Array.from(data ?? []) };
      };
      const values = evaluate(resultsOf(program), leaf);
      const names = Object.keys(program.outputs);
      const outputs = Object.fromEntries(names.map((name, i) => [name, values[i]?.data]));
      const changed = entries(program.state).filter(([, { next }]) => next !== undefined);
      changed.forEach(([name], i) => {
        arrayIn(arrays, name).set(values[names.length + i]?.data ?? []);
      });
      return outputs as Record<O, Float64Array>;
    },
    state: store,
    dispose: async () => {
      disposed = true;
    },
  };
  return executable;
}

/**
 * A runtime in plain TypeScript and float64: slow and obviously right. It is the oracle of the tests.
 */
export const referenceRuntime: Runtime = {
  name: 'reference',
  createState,
  load: async (program, options = {}) => load(program, options),
};
