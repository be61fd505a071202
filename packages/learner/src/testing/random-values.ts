import type { ParameterValues } from '@meow-rl/graph';
import { randomParameters } from '@meow-rl/nn/testing';

import type { Algorithm } from '../algorithm.ts';

/** Random values for all parameters of an algorithm, far from its start. */
export const randomValues = ({ groups }: Pick<Algorithm, 'groups'>, seed: number): ParameterValues =>
  Object.assign(
    {},
    ...groups.map(({ layout }) => layout.unflatten(randomParameters(layout.specs, seed, 1.6))),
  );
