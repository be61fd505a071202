import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { floatsAt } from '../place.ts';
import type { Place } from '../place.ts';
import { entries } from '../program.ts';
import type { Program, StateSpec } from '../program.ts';
import { checkSharedShape } from '../runtime.ts';

/** One state. A run replaces its tensor, or a step changes what is in it; at a place of the caller's it stays the same. */
export interface Cell {
  current: OrtTensor;
  /** The numbers at a place of the caller's. */
  readonly placed: Float32Array | undefined;
}

/** A float32 tensor's data. */
export function float32(tensor: OrtTensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new DataError(`expected float32 data, got ${tensor?.type ?? 'nothing'}.`);
}

/** A state at a place of the caller's: the engine works there too, or on a copy. */
function placedCell(
  Tensor: TensorConstructor,
  place: Place,
  shape: readonly number[],
  takesSharedMemory: boolean,
): Cell {
  const placed = floatsAt(place);
  return { current: new Tensor('float32', takesSharedMemory ? placed : placed.slice(), shape), placed };
}

/** Where a program's states are: at places of the caller's, with another executable, or in memory of their own. */
export function cellsOf(
  program: Program,
  Tensor: TensorConstructor,
  {
    shared,
    places,
    takesSharedMemory,
  }: {
    readonly shared: ReadonlyMap<string, Cell> | undefined;
    readonly places: Readonly<Record<string, Place>>;
    readonly takesSharedMemory: boolean;
  },
): Map<string, Cell> {
  const cellOf = (name: string, { shape, initial }: StateSpec): Cell => {
    const place = places[name];
    if (place) return placedCell(Tensor, place, shape, takesSharedMemory);
    const found = shared?.get(name);
    if (found) checkSharedShape(name, shape, found.current.dims);
    const make = () => new Tensor('float32', Float32Array.from(initial), shape);
    return found ?? { current: make(), placed: undefined };
  };
  return new Map(entries(program.state).map(([name, spec]) => [name, cellOf(name, spec)]));
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
  if (cell.placed) cell.placed.set(float32(tensor));
  else if (tensor) cell.current = tensor;
}
