import { DataError } from './errors.ts';
import { entries } from './program.ts';
import type { Program, StateSpec } from './program.ts';
import { formatShape, sameShape, sizeOfShape } from './shape.ts';
import type { SharedVector } from './shared-vector.ts';

/** Numbers of states and outputs: Float32Array on engines, Float64Array on the reference runtime. */
export type FloatArray = Float32Array | Float64Array;

/** Where states live: programs are bound to it when they are loaded. It may be read and written between runs. */
export interface StateStore<S extends string = string> {
  readonly specs: Readonly<Record<S, StateSpec>>;
  /**
   * A copy of a state's value.
   *
   * @param into where to copy it to; default: a new array
   * @throws DataError for an unknown name or an array of another size
   */
  read(name: S, into?: FloatArray): FloatArray;
  /**
   * Replaces a state's value.
   *
   * @throws DataError for an unknown name or a value of another size
   */
  write(name: S, value: ArrayLike<number>): void;
}

export interface StateStoreOptions<S extends string = string> {
  /**
   * Vectors in memory that threads share, by the names of the states that lie there: what is there stays, and initial values
   * are ignored. See `allocateVectors`. Default: memory of the store's own.
   *
   * Steps outside the engine need all of their vectors in one shared memory, or none: others are left to the engine, which takes
   * longer. A state that a program replaces and doesn't read is written there directly by engines that can. A run that fails may then
   * have changed it.
   */
  readonly shared?: Readonly<Partial<Record<S, SharedVector>>>;
}

const listed = (names: readonly string[]): string => names.join(', ') || 'none';

/**
 * Checks what a store is made of.
 *
 * @throws DataError for an initial value or a vector of another size, or a vector that belongs to no state
 */
function checkStateSpecs(
  specs: Readonly<Record<string, StateSpec>>,
  shared: Readonly<Record<string, SharedVector | undefined>>,
): void {
  for (const [name, vector] of entries(shared)) {
    const spec = specs[name];
    if (!spec)
      throw new DataError(
        `createState: a vector is given for ${name}, which is no state. The states are ${listed(Object.keys(specs))}.`,
      );
    const size = sizeOfShape(spec.shape);
    if (vector && vector.length !== size)
      throw new DataError(
        `createState: ${name} is ${formatShape(spec.shape)} with ${size} elements, its vector has ${vector.length}.`,
      );
  }
  for (const [name, { shape, initial }] of entries(specs)) {
    const size = sizeOfShape(shape);
    if (!shared[name] && initial.length !== size)
      throw new DataError(
        `createState: ${name} is ${formatShape(shape)} with ${size} elements, its initial value has ${initial.length}.`,
      );
  }
}

/**
 * Checks that a store has the states of a program.
 *
 * @throws DataError for one that it lacks or has in another shape
 */
function checkStoredStates(program: Program, { specs }: StateStore): void {
  for (const [name, { shape }] of entries(program.state)) {
    const stored = specs[name];
    if (!stored)
      throw new DataError(
        `load: the store has no state ${name} ${formatShape(shape)}. It has ${listed(Object.keys(specs))}.`,
      );
    if (!sameShape(stored.shape, shape))
      throw new DataError(
        `load: state ${name} is ${formatShape(stored.shape)} in the store, ${formatShape(shape)} in the program. Rename one of them.`,
      );
  }
}

/**
 * A store over the values in which a runtime keeps states.
 *
 * @param valueOf a state's value
 */
function stateStore<S extends string, V>(
  specs: Readonly<Record<S, StateSpec>>,
  valueOf: (name: S) => V,
  { numbersOf, write }: ValueAccess<V>,
): StateStore<S> {
  const check = (method: 'read' | 'write', name: S, given: ArrayLike<number> | undefined): void => {
    if (!Object.hasOwn(specs, name))
      throw new DataError(`${method}: unknown state ${name}. The store has ${listed(Object.keys(specs))}.`);
    const { shape } = specs[name];
    const size = sizeOfShape(shape);
    if (given && given.length !== size)
      throw new DataError(
        `${method}: ${name} is ${formatShape(shape)} with ${size} elements, got ${given.length}.`,
      );
  };
  return {
    specs,
    read: (name, into) => {
      check('read', name, into);
      const numbers = numbersOf(valueOf(name));
      if (!into) return numbers.slice();
      into.set(numbers);
      return into;
    },
    write: (name, value) => {
      check('write', name, value);
      write(valueOf(name), value);
    },
  };
}

/** The stores of a runtime, each with the values that only the runtime sees: arrays, or tensors of an engine. */
export interface StoreRegistry<V> {
  readonly createState: <S extends string>(
    specs: Readonly<Record<S, StateSpec>>,
    options?: StateStoreOptions<S>,
  ) => StateStore<S>;
  /**
   * The store that a program is loaded with, and what gives its values by the names of states.
   *
   * @param store default: a new one of the program's states
   * @throws DataError if another runtime has made it, or it lacks a state or has one in another shape
   */
  readonly bind: <S extends string>(
    program: Program<string, S>,
    store?: StateStore<S>,
  ) => { readonly store: StateStore<S>; readonly valueIn: (name: string) => V };
}

/** How the host gets at the values of a runtime's states. */
interface ValueAccess<V> {
  /** Where the value's numbers lie now; the caller only reads there. */
  readonly numbersOf: (value: V) => FloatArray;
  /** Replaces the numbers; there are as many. */
  readonly write: (value: V, numbers: ArrayLike<number>) => void;
}

/**
 * Makes and remembers the stores of a runtime.
 *
 * @param runtime its name, for messages
 * @param make a state's value before the first run, in shared memory where that is given
 * @param access reads and writes it
 * @param onCreate told of what a store and its programs have the values from, which only they refer to, and of the values
 */
export function storeRegistry<V>(
  runtime: string,
  make: (spec: StateSpec, shared: SharedVector | undefined) => V,
  access: ValueAccess<V>,
  onCreate: (valueIn: (name: string) => V, values: readonly V[]) => void = () => {},
): StoreRegistry<V> {
  const valuesOfStores = new WeakMap<StateStore, (name: string) => V>();
  const createState: StoreRegistry<V>['createState'] = (specs, { shared } = {}) => {
    const vectors: Readonly<Record<string, SharedVector | undefined>> = shared ?? {};
    checkStateSpecs(specs, vectors);
    const values = new Map(
      entries<string, StateSpec>(specs).map(([name, spec]) => [name, make(spec, vectors[name])]),
    );
    const valueIn = (name: string): V => {
      const value = values.get(name);
      if (!value) throw new DataError(`unknown state ${name}.`);
      return value;
    };
    const store = stateStore(specs, valueIn, access);
    valuesOfStores.set(store, valueIn);
    onCreate(valueIn, [...values.values()]);
    return store;
  };
  return {
    createState,
    bind: (program, store = createState(program.state)) => {
      const valueIn = valuesOfStores.get(store);
      if (!valueIn)
        throw new DataError(
          `load: the store was not made by this runtime, ${runtime}. Make it by its createState.`,
        );
      checkStoredStates(program, store);
      return { store, valueIn };
    },
  };
}
