import { add, ShapeError } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { repeatForRows, toMoreRows } from '@meow-rl/nn';

import type { Bijector, Mapped } from './bijector.ts';

type Direction = 'forward' | 'inverse';

/** Goes through layers, given in the order of use, and adds up their action-dependent log-determinants. */
function through(direction: Direction, point: Tensor, state: Tensor, layers: readonly Bijector[]): Mapped {
  let out = point;
  let total: Tensor | undefined;
  for (const layer of layers) {
    const { out: next, logDet } = layer[direction](out, state);
    out = next;
    if (logDet) total = total ? add(repeatForRows(total, logDet), logDet) : logDet;
  }
  return total ? { out, logDet: repeatForRows(total, out) } : { out };
}

/**
 * Bijectors one after the other, from latent to action, as one bijector:
 *
 *     forward   a = fₙ(… f₁(z|s) … |s)
 *     inverse   z = f₁⁻¹(… fₙ⁻¹(a|s) … |s)
 *     log|det|  the sums of both parts of the log-determinants
 *
 * @param size entries of a point, for a chain of none; default that of the first layer
 * @throws ShapeError if the sizes of the layers differ
 */
export function chain(layers: readonly Bijector[], size = layers[0]?.size): Bijector {
  if (size === undefined)
    throw new ShapeError('chain: there is no layer. Give the size of a point as second argument.');
  const misfit = layers.findIndex((layer) => layer.size !== size);
  if (misfit >= 0)
    throw new ShapeError(
      `chain: layer ${misfit} has ${layers[misfit]?.size} entries, expected ${size}. Give all the action's size.`,
    );
  const reversed = layers.toReversed();
  const stateParts = layers.flatMap(({ stateLogDet }) => (stateLogDet ? [stateLogDet] : []));
  const clipping = layers.findLastIndex(({ nearest }) => nearest !== undefined);
  return {
    size,
    constantDeterminant: layers.every(({ constantDeterminant }) => constantDeterminant),
    fixesOrigin: layers.every(({ fixesOrigin }) => fixesOrigin === true),
    forward: (z, state) => through('forward', z, state, layers),
    inverse: (a, state) => through('inverse', a, state, reversed),
    ...(clipping >= 0 && {
      nearest: (z, state) => {
        const before = layers.slice(0, clipping);
        const { out } = through('forward', z, state, before);
        const inside = layers[clipping]?.nearest?.(out, state) ?? out;
        return through('inverse', inside, state, before.toReversed()).out;
      },
    }),
    ...(stateParts.length > 0 && {
      stateLogDet: (state) =>
        stateParts.map((part) => part(state)).reduce((total, part) => add(...toMoreRows(total, part))),
    }),
  };
}
