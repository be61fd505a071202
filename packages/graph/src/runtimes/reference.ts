import { DataError } from '../errors.ts';
import { evaluate } from '../evaluate.ts';
import type { NdArray } from '../ndarray.ts';
import { entries, resultsOf } from '../program.ts';
import type { Program, StateSpec } from '../program.ts';
import { bindAxes, checkPlaces, checkSharedShape, resolveShape } from '../runtime.ts';
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
  { state, stateFrom, places = {} }: LoadOptions,
): { readonly arrays: StateArrays; readonly store: StateStore<S> } {
  if (state) {
    const arrays = stores.get(state);
    if (!arrays)
      throw new DataError(
        'load: the store was not made by this runtime, reference. Make it by its createState.',
      );
    checkStoredStates(program, state);
    return { arrays, store: state };
  }
  const others = stateFrom ? stores.get(stateFrom.state) : undefined;
  if (stateFrom && !others)
    throw new DataError(
      'stateFrom: the other executable was not loaded by reference. Load both by one runtime.',
    );
  const arrays: StateArrays = new Map(
    entries(program.state).map(([name, spec]) => {
      const there = places[name] ? undefined : others?.get(name);
      if (there) checkSharedShape(name, spec.shape, stateFrom?.state.specs[name]?.shape ?? []);
      return [name, there ?? stateArray(spec, places[name])];
    }),
  );
  const store = stateStore(program.state, (name) => arrayIn(arrays, name));
  stores.set(store, arrays);
  return { arrays, store };
}

/** A program on the reference runtime. Every value is float64, whatever its dtype. */
function load<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  options: LoadOptions,
): Executable<I, S, O> {
  const { places = {} } = options;
  checkPlaces(program, places);
  const { arrays, store } = bind(program, options);
  let disposed = false;
  const checkOpen = (): void => {
    if (disposed) throw new DataError('the executable was disposed of.');
  };
  const executable: Executable<I, S, O> = {
    run: async (inputs) => {
      checkOpen();
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
      for (const [name, data] of entries(outputs)) {
        const place = places[name];
        if (place && data) floatsAt(place).set(data);
      }
      return outputs as Record<O, Float64Array>;
    },
    state: store,
    readState: (name, into) => {
      checkOpen();
      return store.read(name, into);
    },
    writeState: (name, value) => {
      checkOpen();
      store.write(name, value);
    },
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
