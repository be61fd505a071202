import { GraphError } from '../errors.ts';
import type { StateSpec } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { GradientTransformation } from './gradient-transformation.ts';

type StatesOf<T> = T extends GradientTransformation<infer S> ? S : never;

const joined = <T>(records: readonly Readonly<Record<string, T>>[]): Record<string, T> => {
  const all: Record<string, T> = {};
  for (const record of records)
    for (const [name, value] of Object.entries(record)) {
      if (Object.hasOwn(all, name))
        throw new GraphError(
          `chain: two transformations have a state ${name}. Give one of them another name.`,
        );
      all[name] = value;
    }
  return all;
};

/**
 * Transformations one after another: each takes what the one before gives.
 *
 * The norm of a whole gradient, where it is given, belongs to the first.
 *
 * @throws GraphError if two have a state of the same name; `update` throws it if a norm is given and another one than the first
 *   would need the norm of what comes to it
 */
export function chain<T extends readonly GradientTransformation[]>(
  ...transformations: T
): GradientTransformation<StatesOf<T[number]>> {
  // Names don't depend on the size.
  joined(transformations.map(({ init }) => init(1)));
  const whole: GradientTransformation = {
    readsNorm: transformations.some(({ readsNorm }) => readsNorm),
    init: (size) => joined<StateSpec>(transformations.map((transformation) => transformation.init(size))),
    update: (gradient, state, { norm, ...context } = {}) => {
      let updates = gradient;
      const states: Readonly<Record<string, Tensor>>[] = [];
      transformations.forEach((transformation, i) => {
        if (norm && i > 0 && transformation.readsNorm)
          throw new GraphError(
            `chain: transformation ${i + 1} of ${transformations.length} needs the norm of what it takes, but only that of the gradient is given. Put it first, or take the step on the whole vector.`,
          );
        const step = transformation.update(updates, state, norm && i === 0 ? { ...context, norm } : context);
        updates = step.updates;
        states.push(step.state);
      });
      return { updates, state: joined(states) };
    },
  };
  return whole;
}
