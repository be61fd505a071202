import { DataError } from '@meow-rl/graph';
import type { FloatArray, ParameterValues } from '@meow-rl/graph';
import { initialize } from '@meow-rl/nn';
import { stream } from '@meow-rl/random';

import { stateName } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { STREAM } from './streams.ts';

type States = Readonly<Record<string, ArrayLike<number>>>;

/** Start values of all parameters, and of the targets as copies of them, as states. */
export function startStates({ groups }: Algorithm, seed: number): States {
  const random = stream(seed, STREAM.weights);
  return Object.fromEntries(
    groups.flatMap(({ name, module, isFollowed }) => {
      const start = initialize(module, random);
      const target = [stateName(name, 'target'), start] as const;
      return [[stateName(name, 'parameters'), start] as const, ...(isFollowed ? [target] : [])];
    }),
  );
}

/**
 * Parameters of all groups by their names.
 *
 * @param vectorOf the vector of a group
 */
export const namedParameters = (
  { groups }: Algorithm,
  vectorOf: (group: string) => FloatArray,
): ParameterValues =>
  Object.assign({}, ...groups.map(({ name, layout }) => layout.unflatten(vectorOf(name))));

/**
 * Parameters by their names as states: of all groups, or of those that have a target.
 *
 * @throws DataError for a parameter that is missing, unknown or of another shape
 */
export function parameterStates(
  { definition, groups }: Algorithm,
  values: ParameterValues,
  part: 'parameters' | 'target',
): States {
  const known = new Set(groups.flatMap(({ layout }) => layout.specs.map(({ name }) => name)));
  const unknown = Object.keys(values).find((name) => !known.has(name));
  if (unknown !== undefined) throw new DataError(`${definition.name}: unknown parameter ${unknown}.`);
  const written = part === 'target' ? groups.filter(({ isFollowed }) => isFollowed) : groups;
  return Object.fromEntries(
    written.map(({ name, layout }) => {
      const given = layout.specs.flatMap((spec) => {
        const value = values[spec.name];
        return value ? [[spec.name, value] as const] : [];
      });
      return [stateName(name, part), layout.flatten(Object.fromEntries(given))];
    }),
  );
}
