import { parameterLayout } from '@meow-rl/graph';
import type { Parameters, ParameterSpec, Tensor } from '@meow-rl/graph';
import type { Generator } from '@meow-rl/random';

/** A parameter with how it starts: row-major values drawn from a generator. */
export type ParameterDefinition = ParameterSpec & { readonly initial: (random: Generator) => Float32Array };

/** A network as data: its parameters, and what it is once these have values. */
export interface Module<T> {
  readonly parameters: readonly ParameterDefinition[];
  /** The network with the given parameters, as part of a graph. */
  readonly bind: (params: Parameters) => T;
}

/** What a module is once it is bound. */
export type Bound<M extends Module<unknown>> = ReturnType<M['bind']>;

type Parts = Readonly<Record<string, Module<unknown>>> | readonly Module<unknown>[];
type BoundParts<P extends Parts> = {
  readonly [K in keyof P]: P[K] extends Module<infer T> ? T : never;
};

/**
 * Several modules as one, by name or in a list; their parameters lie one after the other in this order.
 *
 *     modules({ actor, critics: modules([q1, q2]) }).bind(params)   // { actor, critics: [q1, q2] }
 */
export function modules<const P extends Parts>(parts: P): Module<BoundParts<P>> {
  return {
    parameters: Object.values<Module<unknown>>(parts).flatMap(({ parameters }) => parameters),
    bind: (params) => {
      const bound = Array.isArray(parts)
        ? parts.map((part: Module<unknown>) => part.bind(params))
        : Object.fromEntries(
            Object.entries<Module<unknown>>(parts).map(([name, part]) => [name, part.bind(params)]),
          );
      // Entry by entry what BoundParts says, which fromEntries and map can't express.
      return bound as BoundParts<P>;
    },
  };
}

/** A module whose bound form is what `use` makes of the given one's: a layer of a flow from a network, say. */
export const mapModule = <T, U>(module: Module<T>, use: (bound: T) => U): Module<U> => ({
  parameters: module.parameters,
  bind: (params) => use(module.bind(params)),
});

/** One trainable number, shape [], such as the logarithm of a temperature. */
export const scalar = (name: string, initial: number): Module<Tensor> => ({
  parameters: [{ name, shape: [], initial: () => Float32Array.of(initial) }],
  bind: (params) => params(name),
});

/**
 * Start values of all parameters, drawn in the order of `module.parameters`, as the flat vector of their `parameterLayout`.
 *
 * @throws GraphError if two parameters have the same name
 */
export const initialize = ({ parameters }: Module<unknown>, random: Generator): Float32Array =>
  parameterLayout(parameters).flatten(
    Object.fromEntries(
      parameters.map(({ name, shape, initial }) => [name, { shape, data: initial(random) }]),
    ),
  );
