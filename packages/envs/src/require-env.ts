import { describeValue } from './describe-value.ts';
import type { Env } from './env.ts';

/** What an {@link Env} has to offer; `state` and `restore` are for those that can be saved. */
const METHODS = ['reset', 'step', 'close'] as const;
const SPACES = ['observationSpace', 'actionSpace'] as const;
const STATE_METHODS = ['state', 'restore'] as const;

/**
 * Checks that what somebody's own code gave is an environment.
 *
 * @param where begins the message
 * @throws TypeError naming the first member that isn't as {@link Env} says
 */
export function requireEnv(value: unknown, where: string): Env {
  const advice = 'Give an Env, such as createEnv makes.';
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${where} gave ${describeValue(value)}, expected an environment. ${advice}`);
  const wrong = (member: string, expected: string) =>
    new TypeError(
      `${where} gave an environment whose ${member} is ${describeValue(Reflect.get(value, member))}, expected ${expected}. ${advice}`,
    );
  const id: unknown = Reflect.get(value, 'id');
  if (typeof id !== 'string' || id === '') throw wrong('id', 'a name such as Balance-v0');
  for (const space of SPACES)
    if (!isBox(Reflect.get(value, space))) throw wrong(space, 'a Box, as box({ low, high, shape }) gives');
  for (const method of METHODS)
    if (typeof Reflect.get(value, method) !== 'function') throw wrong(method, 'a function');
  const offered = STATE_METHODS.filter((method) => Reflect.get(value, method) !== undefined);
  if (offered.length > 0)
    for (const method of STATE_METHODS)
      if (typeof Reflect.get(value, method) !== 'function')
        throw wrong(method, 'a function: state and restore go together');
  return value as Env;
}

function isBox(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const size: unknown = Reflect.get(value, 'size');
  return (
    Array.isArray(Reflect.get(value, 'shape')) &&
    [Reflect.get(value, 'low'), Reflect.get(value, 'high')].every(
      (bounds: unknown) => bounds instanceof Float64Array && bounds.length === size,
    ) &&
    ['contains', 'sample', 'clip', 'validate'].every(
      (method) => typeof Reflect.get(value, method) === 'function',
    )
  );
}
