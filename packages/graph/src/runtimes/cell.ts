import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { entries } from '../program.ts';
import type { StateSpec } from '../program.ts';
import { floatsAt } from '../shared-vector.ts';
import type { SharedVector } from '../shared-vector.ts';
import { checkShared, checkStateValue, unknownState } from '../state-store.ts';
import type { StateStore, StateStoreOptions } from '../state-store.ts';

/** One state. A run replaces its tensor, or a step changes what is in it; shared with other threads it stays where it is. */
export interface Cell {
  current: OrtTensor;
  /** Where threads share it. */
  readonly shared: SharedVector | undefined;
  /** The numbers there. */
  readonly placed: Float32Array | undefined;
}

/** A float32 tensor's data. */
export function float32(tensor: OrtTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new DataError(`expected float32 data, got ${tensor?.type ?? 'nothing'}.`);
}

/** The cells of a store. */
export type Cells = ReadonlyMap<string, Cell>;

/**
 * Makes a store of states for sessions of onnxruntime, and its cells.
 *
 * @param takesSharedMemory whether the engine works in shared memory, and not on a copy of it
 */
export function cellStore<S extends string>(
  Tensor: TensorConstructor,
  takesSharedMemory: boolean,
  specs: Readonly<Record<S, StateSpec>>,
  { shared }: StateStoreOptions<S> = {},
): { readonly store: StateStore<S>; readonly cells: Cells } {
  const vectors: Readonly<Record<string, SharedVector | undefined>> = shared ?? {};
  checkShared(specs, vectors);
  const makeCell = (name: string, { shape, initial }: StateSpec): Cell => {
    const vector = vectors[name];
    if (!vector) {
      const current = new Tensor('float32', Float32Array.from(initial), shape);
      return { current, shared: undefined, placed: undefined };
    }
    const placed = floatsAt(vector);
    const current = new Tensor('float32', takesSharedMemory ? placed : placed.slice(), shape);
    return { current, shared: vector, placed };
  };
  const cells = new Map(entries(specs).map(([name, spec]) => [name as string, makeCell(name, spec)]));
  const cellOf = (name: string): Cell => {
    const cell = cells.get(name);
    if (cell) return cell;
    throw unknownState(specs, name);
  };
  const store: StateStore<S> = {
    specs,
    read: (name, into) => {
      const values = numbersOf(cellOf(name));
      if (!into) return values.slice();
      into.set(values);
      return into;
    },
    write: (name, value) => {
      checkStateValue(specs, name, value);
      numbersOf(cellOf(name)).set(value);
    },
  };
  return { store, cells };
}

/** The state's numbers. */
export const numbersOf = ({ current, placed }: Cell): Float32Array => placed ?? float32(current);

/** Makes the tensor that a run reads the state itself, where it is a copy. */
export function refresh({ current, placed }: Cell): void {
  const data = float32(current);
  if (placed && data.buffer !== placed.buffer) data.set(placed);
}

/** What a run made becomes the state. */
export function replace(cell: Cell, tensor: OrtTensor | undefined): void {
  if (!cell.placed) {
    if (tensor) cell.current = tensor;
    return;
  }
  const made = float32(tensor);
  // An engine that takes shared memory has written it there already.
  if (made.buffer !== cell.placed.buffer || made.byteOffset !== cell.placed.byteOffset) cell.placed.set(made);
}
