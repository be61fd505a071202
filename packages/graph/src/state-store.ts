import { DataError } from './errors.ts';
import type { SharedVector } from './shared-vector.ts';
import { entries } from './program.ts';
import type { Program, StateSpec } from './program.ts';
import type { FloatArray } from './runtime.ts';
import { formatShape, sameShape, sizeOfShape } from './shape.ts';

/** Where states live: programs are bound to it when they are loaded, and all of them see what each has made. */
export interface StateStore<S extends string = string> {
  readonly specs: Readonly<Record<S, StateSpec>>;
  /**
   * A copy of a state's current value.
   *
   * @param into where to copy it to; default: a new array
   * @throws DataError for an unknown state
   */
  read(name: S, into?: FloatArray): FloatArray;
  /**
   * Replaces a state's current value.
   *
   * @throws DataError for an unknown state or a value of another size
   */
  write(name: S, value: ArrayLike<number>): void;
}

export interface StateStoreOptions<S extends string = string> {
  /**
   * Vectors in memory that threads share, by the names of states: runs read and write them there, and what is there when the
   * store is made stays. Default: memory of the store's own. See `allocateVectors`.
   */
  readonly shared?: Readonly<Partial<Record<S, SharedVector>>>;
}

/**
 * Checks that vectors fit the states that are to lie there.
 *
 * @throws DataError for one that belongs to no state or is of another size
 */
export function checkShared(
  specs: Readonly<Record<string, StateSpec>>,
  shared: Readonly<Record<string, SharedVector | undefined>>,
): void {
  for (const [name, vector] of entries(shared)) {
    if (!vector) continue;
    const spec = specs[name];
    if (!spec) throw new DataError(`createState: shared has a vector for ${name}, which is no state.`);
    if (sizeOfShape(spec.shape) !== vector.length)
      throw new DataError(
        `createState: state ${name} is ${formatShape(spec.shape)}, which does not fit a shared vector of ${vector.length} entries.`,
      );
  }
}

/**
 * Checks a value for `write`.
 *
 * @throws DataError for an unknown state or a value of another size
 */
export function checkStateValue(
  specs: Readonly<Record<string, StateSpec>>,
  name: string,
  value: ArrayLike<number>,
): void {
  const spec = specs[name];
  if (!spec) throw unknownState(specs, name);
  const size = sizeOfShape(spec.shape);
  if (value.length !== size)
    throw new DataError(
      `write: state ${name} is ${formatShape(spec.shape)} with ${size} elements, got ${value.length}.`,
    );
}

export const unknownState = (specs: Readonly<Record<string, StateSpec>>, name: string): DataError =>
  new DataError(`unknown state ${name}. The store has ${Object.keys(specs).join(', ') || 'none'}.`);

/**
 * Checks that a store has the states of a program.
 *
 * @throws DataError for one that is missing or of another shape
 */
export function checkStates(program: Program, { specs }: StateStore): void {
  for (const [name, { shape }] of entries(program.state)) {
    const spec = specs[name];
    if (!spec)
      throw new DataError(
        `load: the store has no state ${name}. It has ${Object.keys(specs).join(', ') || 'none'}.`,
      );
    if (!sameShape(shape, spec.shape))
      throw new DataError(
        `load: state ${name} is ${formatShape(spec.shape)} in the store, ${formatShape(shape)} in the program. Rename one of them.`,
      );
  }
}

/** What programs bound to no store get one of. */
export const ownStates = (program: Program): Readonly<Record<string, StateSpec>> =>
  Object.fromEntries(entries(program.state).map(([name, { shape, initial }]) => [name, { shape, initial }]));
