import { DataError } from './errors.ts';
import { entries } from './program.ts';
import type { Program, StateSpec } from './program.ts';
import { formatShape } from './shape.ts';
import type { FloatArray, StateStore, StateStoreOptions } from './state-store.ts';
import type { Shape } from './tensor-type.ts';

/** Plain numbers in row-major order. A Float32Array for a float32 input is used without a copy. */
export type InputData = Float32Array | Float64Array | Int32Array | readonly number[];

/**
 * A loaded program.
 *
 * Runs follow one another: starting one before the last has ended throws. The arrays that `run` returns may be
 * reused by the next run of the same executable; copy what must last.
 */
export interface Executable<I extends string = string, S extends string = string, O extends string = string> {
  /**
   * Runs once: reads the state, returns the outputs and, if the run succeeds, replaces the state.
   *
   * @throws DataError if an input is missing or does not fit its shape
   */
  run(inputs: Readonly<Record<I, InputData>>): Promise<Readonly<Record<O, FloatArray>>>;
  /** Where its states live: the store that it was loaded with, or one of its own. */
  readonly state: StateStore<S>;
  /** Frees the engine's memory; the store stays. Later runs throw. Throws DataError itself while a run has not finished. */
  dispose(): Promise<void>;
}

export interface LoadOptions {
  /**
   * The store that has the program's states, so that programs share them: acting sees each update. Their initial values are then
   * ignored. Default: a store of its own.
   */
  readonly state?: StateStore;
}

/** An engine that runs programs. */
export interface Runtime {
  /** For instance `reference` or `onnxruntime-node`. */
  readonly name: string;
  /** The processor's instructions that it was told to use, which decide how numbers are rounded. Undefined where it was told nothing. */
  readonly instructionSet?: string;
  /**
   * Makes a store of states, for programs that this runtime loads.
   *
   * @throws DataError for an initial value or a shared vector that doesn't fit its state
   */
  createState<S extends string>(
    specs: Readonly<Record<S, StateSpec>>,
    options?: StateStoreOptions<S>,
  ): StateStore<S>;
  /**
   * Loads a program.
   *
   * @throws DataError if the store lacks one of its states, has it in another shape, or was made by another runtime
   */
  load<I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    options?: LoadOptions,
  ): Promise<Executable<I, S, O>>;
}

/**
 * The lengths of the named axes that the inputs of a run imply.
 *
 * @throws DataError if an input is missing or unknown, its size does not fit, or two inputs disagree on an axis
 */
export function bindAxes(
  program: Program,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): ReadonlyMap<string, number> {
  const axes = new Map<string, { length: number; from: string }>();
  for (const name of Object.keys(inputs))
    if (!Object.hasOwn(program.inputs, name))
      throw new DataError(
        `run: unknown input ${name}. The program has ${Object.keys(program.inputs).join(', ') || 'none'}.`,
      );
  for (const [name, { shape }] of entries(program.inputs)) {
    const data = inputs[name];
    if (!data) throw new DataError(`run: input ${name} ${formatShape(shape)} is missing.`);
    const unknown = shape.filter((dim) => typeof dim === 'string' && !axes.has(dim));
    if (unknown.length > 1)
      throw new DataError(
        `run: input ${name} ${formatShape(shape)} has several unknown axes; give a known one first.`,
      );
    const known = shape.reduce<number>(
      (size, dim) => size * (typeof dim === 'number' ? dim : (axes.get(dim)?.length ?? 1)),
      1,
    );
    const [axis] = unknown;
    if (typeof axis === 'string' && data.length % known === 0 && data.length > 0)
      axes.set(axis, { length: data.length / known, from: name });
    else if (data.length !== known || typeof axis === 'string') {
      const bound = shape.flatMap((dim) =>
        typeof dim === 'string' && axes.has(dim)
          ? [`${dim} = ${axes.get(dim)?.length} from input ${axes.get(dim)?.from}`]
          : [],
      );
      throw new DataError(
        `run: input ${name} has ${data.length} elements, which does not fit ${formatShape(shape)}${bound.length > 0 ? ` (${bound.join(', ')})` : ''}.`,
      );
    }
  }
  return new Map([...axes].map(([axis, { length }]) => [axis, length]));
}

/** A shape with the lengths of a run; undefined if it has an axis that no input names. */
export function resolveShape(shape: Shape, axes: ReadonlyMap<string, number>): number[] | undefined {
  const lengths = shape.map((dim) => (typeof dim === 'number' ? dim : axes.get(dim)));
  return lengths.every((length) => length !== undefined) ? lengths : undefined;
}
