import { add, mapValues } from '@meow-rl/graph';
import type { Sizes } from '@meow-rl/learner';
import { mapModule, mlp, modules, relu } from '@meow-rl/nn';
import type { Module, Network } from '@meow-rl/nn';

import type { Critics } from './critics.ts';

/** b(s), with parameters `<name>.<k>.weight` and `<name>.<k>.bias`. */
const shiftNetwork = (name: string, { observationSize }: Sizes, hidden: readonly number[]): Module<Network> =>
  mlp({ name, inputs: [observationSize], hidden, output: 1, activation: relu });

/**
 * Critics with learnable reward shifts: `Qᵢ(s, a) + bᵢ(s)`. With fewer shifts than critics the last shift is that of all the rest.
 *
 * Reference: Chao et al., MEow (2024), "Practical implementation" (learnable reward shifting).
 */
export function shiftedCritics<Q extends string>(
  critics: Module<Critics<Q>>,
  shifts: number,
  sizes: Sizes,
  hidden: readonly number[],
): Module<Critics<Q>> {
  if (shifts === 0) return critics;
  const networks = Array.from({ length: shifts }, (_, i) => shiftNetwork(`shift${i + 1}`, sizes, hidden));
  return mapModule(modules({ critics, shifts: modules(networks) }), (bound) => {
    const names = Object.keys(bound.critics);
    return mapValues(bound.critics, (critic, name): Network => {
      const shift = bound.shifts[Math.min(names.indexOf(name), shifts - 1)];
      return (parts, dropout) => {
        const value = critic(parts, dropout);
        return shift ? add(value, shift(parts.slice(0, 1))) : value;
      };
    });
  });
}
