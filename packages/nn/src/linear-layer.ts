import { add, concat, linear, matmul, scoped, ShapeError, split } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import { uniformFanIn } from './initializers.ts';
import type { Initializer } from './initializers.ts';
import type { Module } from './module.ts';
import { checkWidth, repeatForRows } from './rows.ts';

/** Options of {@link linearLayer}. */
export interface LinearLayerOptions {
  /** Prefix of the parameters' names. */
  readonly name: string;
  /** Size of each input part. The parts are joined in this order. */
  readonly inputs: readonly number[];
  readonly output: number;
  /** Start of the weights; default `uniformFanIn`, as PyTorch. */
  readonly weights?: Initializer;
  /** Start of the biases; default `uniformFanIn`, as PyTorch. */
  readonly biases?: Initializer;
}

/**
 * From parts [rows, inputs[i]] to [rows, output]. A part may be [states, …] with rows = k · states: its product is then
 * computed once per state.
 */
export type Linear = (parts: readonly Tensor[]) => Tensor;

/** Neighbours with as many rows as one part, as their product is one then, and the size of each. */
function joinedParts(parts: readonly Tensor[], inputs: readonly number[]) {
  const groups: { readonly parts: Tensor[]; size: number }[] = [];
  parts.forEach((part, i) => {
    const last = groups.at(-1);
    const size = inputs[i] ?? 0;
    if (last?.parts[0]?.shape[0] === part.shape[0] && last) {
      last.parts.push(part);
      last.size += size;
    } else groups.push({ parts: [part], size });
  });
  return {
    parts: groups.map((group) => concat(group.parts, 1)),
    sizes: groups.map(({ size }) => size),
  };
}

/**
 * A linear layer: `y = W x + b` with x the joined parts. Its parameters are `<name>.weight` [output, inputs] and
 * `<name>.bias` [output].
 *
 * @throws ShapeError, when it is used, if the parts are not those that `inputs` announced
 */
export function linearLayer({
  name,
  inputs,
  output,
  weights = uniformFanIn,
  biases = uniformFanIn,
}: LinearLayerOptions): Module<Linear> {
  const fanIn = inputs.reduce((total, size) => total + size, 0);
  const shape = [output, fanIn];
  return {
    parameters: [
      { name: `${name}.weight`, shape, initial: weights(shape, fanIn) },
      { name: `${name}.bias`, shape: [output], initial: biases([output], fanIn) },
    ],
    bind: (params) =>
      scoped(name, (parts: readonly Tensor[]) => {
        if (parts.length !== inputs.length)
          throw new ShapeError(
            `linearLayer ${name}: expected ${inputs.length} input parts, got ${parts.length}.`,
          );
        parts.forEach((part, i) => checkWidth(`linearLayer ${name}: input part ${i}`, part, inputs[i] ?? 0));
        const weight = params(`${name}.weight`);
        const bias = params(`${name}.bias`);
        const { parts: joined, sizes } = joinedParts(parts, inputs);
        const rows = joined.map(({ shape: [length] }) => (typeof length === 'number' ? length : Infinity));
        const most = joined[rows.indexOf(Math.max(...rows))];
        const fewest = rows.lastIndexOf(Math.min(...rows));
        const columnsOfParts = joined.length > 1 ? split(weight, sizes, 1) : [weight];
        const terms = joined.map((part, i) => {
          const columns = columnsOfParts[i] ?? weight;
          // The bias goes with the smallest product.
          const product =
            i === fewest ? linear(part, columns, bias) : matmul(part, columns, { transposeB: true });
          return most ? repeatForRows(product, most) : product;
        });
        return terms.reduce((total, term) => add(total, term));
      }),
  };
}
