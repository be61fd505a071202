import { add, linear, matmul, scoped, ShapeError, split } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import { uniformFanIn } from './initializers.ts';
import type { Initializer } from './initializers.ts';
import type { Module } from './module.ts';
import { repeatForRows } from './rows.ts';

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
        const weight = params(`${name}.weight`);
        const bias = params(`${name}.bias`);
        const rows = parts.map(({ shape: [length] }) => (typeof length === 'number' ? length : Infinity));
        const most = parts[rows.indexOf(Math.max(...rows))];
        const fewest = rows.lastIndexOf(Math.min(...rows));
        const columnsOfParts = split(weight, inputs, 1);
        const terms = parts.map((part, i) => {
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
