import type { Env, EnvState, Json } from './env.ts';

/** An environment that can be saved and put back. */
export type ResumableEnv = Env & Required<Pick<Env, 'state' | 'restore'>>;

/**
 * The state of `env`, for {@link restoreEnv}.
 *
 * @throws Error if `env` doesn't offer it, or is closed
 */
export function envState(env: Env): EnvState {
  if (env.state) return env.state();
  throw withoutState(env.id, 'state()');
}

/**
 * Continues from a state that {@link envState} gave: the same actions then give the same bits.
 *
 * @throws TypeError for a state that is damaged or of another environment
 * @throws Error if `env` doesn't offer it, or is closed
 */
export function restoreEnv(env: Env, state: EnvState): void {
  if (!env.restore) throw withoutState(env.id, 'restore()');
  env.restore(state);
}

/** The error of an environment that can't be saved. */
export const withoutState = (id: string, call: string) =>
  new Error(
    `${id}: ${call} isn't offered by this environment, so a run with it can't be continued to the same bits. ` +
      'Give its Dynamics capture and resume, or the Env state and restore.',
  );

/**
 * What belongs to a layer alone.
 *
 * @param of what the state has to be of
 * @throws TypeError if it is of something else, or no state at all
 */
export function layerState(state: EnvState, of: string): { readonly [name: string]: Json | undefined } {
  if (!isObject(state) || typeof state.of !== 'string') {
    throw new TypeError(
      `${of}: restore(state) got ${typeof state}, expected what state() returned. Give it unchanged.`,
    );
  }
  if (state.of !== of) {
    throw new TypeError(
      `${of}: restore(state) got a state of ${state.of}. Make the environment as it was made when the state was taken.`,
    );
  }
  if (!isJsonObject(state.own)) throw damaged(of, 'own');
  return state.own;
}

/** The state of the environment inside a wrapper; see {@link layerState}. */
export function innerState(state: EnvState, of: string): EnvState {
  if (!state.inner) throw damaged(of, 'inner');
  return state.inner;
}

/** The error for a part of a state that isn't what it was. */
export const damaged = (of: string, part: string) =>
  new TypeError(`${of}: restore(state) got a damaged state.${part}. Give what state() returned, unchanged.`);

/** A count of a state, such as of steps. */
export function countOf(value: Json | undefined, of: string, part: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw damaged(of, part);
}

/** The bytes of numbers in base64: JSON would lose NaN, the infinities and the sign of -0. */
export function encodeNumbers(values: ArrayLike<number>): string {
  let text = '';
  for (const byte of new Uint8Array(Float64Array.from(values).buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * The numbers that {@link encodeNumbers} was given.
 *
 * @param size how many there have to be; default: any number of them
 * @param where begins the error message
 * @throws TypeError for anything else
 */
export function decodeNumbers(text: Json | undefined, where: string, size?: number): Float64Array {
  if (typeof text !== 'string') throw unreadable(where);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (error) {
    throw unreadable(where, error);
  }
  if (bytes.length % 8 !== 0 || (size !== undefined && bytes.length !== 8 * size)) throw unreadable(where);
  return new Float64Array(bytes.buffer);
}

const unreadable = (where: string, cause?: unknown) =>
  new TypeError(`${where} is damaged. Give what state() returned, unchanged.`, { cause });

const isObject = (value: object) => typeof value === 'object' && value !== null;

const isJsonObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
