import type { Info } from '../env.ts';
import { numbersIn, readNumbers, shapeOf, writeNumbers, type InfoShape } from './info-shape.ts';
import { INFO_WIDTH, type SharedBlock } from './shared-block.ts';

/** A message of a worker: a shape when it first occurs, an info that numbers can't say, or an answer. */
export type WorkerMessage =
  | { readonly kind: 'shape'; readonly number: number; readonly shape: InfoShape }
  | { readonly kind: 'info'; readonly row: number; readonly info: Info }
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly error: unknown };

// An environment whose infos have ever new names would otherwise fill memory with shapes.
const MOST_SHAPES = 256;

/**
 * The worker's side: writes infos into shared memory, and sends only what numbers can't say.
 *
 * @param send sends a message to the main thread
 */
export function infoWriter(
  { infoNumbers, infoShapes }: SharedBlock,
  send: (message: WorkerMessage) => void,
): (info: Info, row: number) => void {
  const shapes: InfoShape[] = [];
  const numbers = new Map<string, number>();

  const numberOf = (info: Info): number => {
    const shape = shapeOf(info);
    if (shape === undefined || numbersIn(shape) > INFO_WIDTH) return -1;
    const key = JSON.stringify(shape);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (shapes.length === MOST_SHAPES) return -1;
    const number = shapes.push(shape) - 1;
    numbers.set(key, number);
    send({ kind: 'shape', number, shape });
    return number;
  };

  return (info, row) => {
    const at = row * INFO_WIDTH;
    // Most infos look like the one before.
    const last = shapes[infoShapes[row] ?? -1];
    if (last !== undefined && writeNumbers(last, info, infoNumbers, at) >= 0) return;
    const number = numberOf(info);
    infoShapes[row] = number;
    const shape = shapes[number];
    if (shape === undefined) send({ kind: 'info', row, info });
    else writeNumbers(shape, info, infoNumbers, at);
  };
}

/** The main thread's side. */
export interface InfoReader {
  /** [n], each made when it is read. */
  readonly infos: readonly Info[];
  /** Takes over what the workers wrote. `messages` are those of their infos, by row. */
  update(messages: ReadonlyMap<number, Info>): void;
}

/** @param shapeIn the shape with a number, of the worker that a row belongs to */
export function infoReader(
  block: SharedBlock,
  shapeIn: (row: number, number: number) => InfoShape | undefined,
): InfoReader {
  const count = block.infoShapes.length;
  const numbers = new Float64Array(block.infoNumbers.length);
  const shapes = new Int32Array(count);
  const made = new Map<number, Info>();

  const make = (row: number): Info => {
    const shape = shapeIn(row, shapes[row] ?? -1);
    const info = shape === undefined ? {} : (readNumbers(shape, numbers, row * INFO_WIDTH)[0] as Info);
    made.set(row, info);
    return info;
  };

  const infos: Info[] = [];
  for (let row = 0; row < count; row += 1) {
    Object.defineProperty(infos, row, { get: () => made.get(row) ?? make(row), enumerable: true });
  }
  return {
    infos,
    update(messages) {
      numbers.set(block.infoNumbers);
      shapes.set(block.infoShapes);
      made.clear();
      for (const [row, info] of messages) made.set(row, info);
    },
  };
}
