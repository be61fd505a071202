import { isNdarray, numbersOf, type Message, type Ndarray, type Value } from '@meow-rl/envs-isaac-bridge';

import { RequestError } from './errors.ts';

/** The input of policy files: one observation or a batch, answered in the same form. */
const PLAIN = 'observation';
/** What openpi's robots (ALOHA, LIBERO) call their state: one, answered by a chunk of actions. */
const OF_ROBOTS = ['state', 'observation/state'] as const;
const NAMES: readonly string[] = [PLAIN, ...OF_ROBOTS];

/** An observation as a policy takes it, and how its actions are to be given. */
export interface Asked {
  /** [rows, O], finite, row-major. */
  readonly observations: Float32Array;
  /** Shape of the answer for actions of a size. */
  readonly actionShape: (actionSize: number) => readonly number[];
}

/** What a policy takes. */
export interface Expected {
  /** O */
  readonly size: number;
  /** n, at most: a policy takes memory and time for each. */
  readonly maxRows: number;
}

/**
 * The observation of a request. `observation` [O] is answered by [A] and [n, O] by [n, A]; `state` or `observation/state` [O] by [1, A], a
 * chunk of one action. What else a robot sends along, as `prompt`, is left alone.
 *
 * @throws RequestError naming what was expected and what came
 */
export function observationIn(message: Message, { size, maxRows }: Expected): Asked {
  const names = NAMES.filter((name) => message[name] !== undefined);
  const [name] = names;
  if (name === undefined || names.length > 1)
    throw new RequestError(
      `the message has ${listed(Object.keys(message))}, expected one observation, as ${NAMES.join(' or ')}`,
    );
  const tensor = floatsIn(name, message[name] ?? null);
  const { shape } = tensor;
  const takesBatches = name === PLAIN;
  const [rows = 0] = shape.length === 2 ? shape : [1];
  const fits = (shape.length === 1 || (takesBatches && shape.length === 2)) && shape.at(-1) === size;
  if (!fits || rows === 0)
    throw new RequestError(
      `${name} has shape [${shape.join(', ')}], expected [${size}]${takesBatches ? ` or [rows, ${size}] with a row or more` : ''}`,
    );
  if (rows > maxRows)
    throw new RequestError(`${name} has ${rows} rows, expected at most ${maxRows}; ask for them in parts`);
  return {
    observations: finite(name, tensor, size),
    actionShape: (actionSize) => (takesBatches ? [...shape.slice(0, -1), actionSize] : [1, actionSize]),
  };
}

function floatsIn(name: string, value: Value): Ndarray {
  if (!isNdarray(value))
    throw new RequestError(`${name} is ${kindOf(value)}, expected a NumPy array of float32 or float64`);
  if (value.dtype !== '<f4' && value.dtype !== '<f8')
    throw new RequestError(`${name} has dtype ${value.dtype}, expected <f4 or <f8: float32 or float64`);
  return value;
}

function finite(name: string, tensor: Ndarray, size: number): Float32Array {
  const given = numbersOf(tensor);
  const values = Float32Array.from(given);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  throw new RequestError(
    `${name} is ${given[bad]} in entry ${bad % size} of row ${Math.floor(bad / size)}, expected a number that is finite in float32`,
  );
}

function kindOf(value: Exclude<Value, Ndarray>): string {
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'None';
  return typeof value === 'object' ? 'a map' : `${typeof value} ${JSON.stringify(value).slice(0, 80)}`;
}

const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'no entry' : `the entries ${names.slice(0, 8).join(', ').slice(0, 200)}`;
