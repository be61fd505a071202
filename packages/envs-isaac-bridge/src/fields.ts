import { isNdarray, type Message } from './codec.ts';
import type { Dtype, Ndarray } from './ndarray.ts';

const FLOATS: readonly Dtype[] = ['<f4', '<f8'];
const INTEGERS: readonly Dtype[] = ['<i4', '<i8'];
const FLAGS: readonly Dtype[] = ['|b1', '|u1'];

/** What the entries of a tensor have to be; `numbers` are any of the others. */
export type Kind = 'floats' | 'integers' | 'flags' | 'numbers';

const DTYPES: Readonly<Record<Kind, readonly Dtype[]>> = {
  floats: FLOATS,
  integers: INTEGERS,
  flags: FLAGS,
  numbers: [...FLOATS, ...INTEGERS, ...FLAGS],
};

/**
 * The tensor of a message.
 *
 * @param shape that it has to have; undefined where any size will do
 * @throws TypeError naming what is wrong
 */
export function tensorIn(
  message: Message,
  name: string,
  kind: Kind,
  shape: readonly (number | undefined)[],
): Ndarray {
  const value = message[name];
  if (!isNdarray(value)) throw new TypeError(`${name} is ${describe(value)}, expected a tensor`);
  if (!DTYPES[kind].includes(value.dtype))
    throw new TypeError(`${name} has dtype ${value.dtype}, expected ${DTYPES[kind].join(' or ')}`);
  const fits =
    value.shape.length === shape.length &&
    shape.every((size, axis) => size === undefined || size === value.shape[axis]);
  if (fits) return value;
  const expected = shape.map((size) => size ?? 'any').join(', ');
  throw new TypeError(`${name} has shape [${value.shape.join(', ')}], expected [${expected}]`);
}

/**
 * The text of a message.
 *
 * @throws TypeError if it is none
 */
export function textIn(message: Message, name: string): string {
  const value = message[name];
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} is ${describe(value)}, expected text`);
}

/**
 * A positive integer of a message.
 *
 * @throws TypeError if it is none
 */
export function countIn(message: Message, name: string): number {
  const value = message[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new TypeError(`${name} is ${describe(value)}, expected a positive integer`);
}

/**
 * A yes or no of a message.
 *
 * @throws TypeError if it is none
 */
export function flagIn(message: Message, name: string): boolean {
  const value = message[name];
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} is ${describe(value)}, expected true or false`);
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (isNdarray(value)) return 'a tensor';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  return typeof value === 'object' && value !== null ? 'a map, a list or bytes' : String(value);
}
