import { resultsOf } from '../../program.ts';
import type { Program } from '../../program.ts';
import { rewrite, substitution } from '../../rewrite/rewrite.ts';
import { inScope } from '../../scope.ts';
import { isStatic } from '../../shape.ts';
import type { OperatorNode, Tensor } from '../../tensor.ts';
import { readersOf } from '../readers.ts';
import { product } from './product.ts';

/** The product that a node is, of these inputs; undefined where it is none, or its shapes aren't known. */
function productOf(
  { operator, attributes, outputs: [output] }: OperatorNode,
  [a, b, bias]: readonly Tensor[],
  rectified: boolean,
): Tensor | undefined {
  if (!a || !b || !output || ![a, b, output].every(({ shape }) => isStatic(shape))) return undefined;
  if (operator === 'matmul')
    return product([a, b], {
      transposeA: attributes['transposeA'] === true,
      transposeB: attributes['transposeB'] === true,
      rectified,
    });
  return operator === 'linear' && bias ? product([a, b, bias], { transposeB: true, rectified }) : undefined;
}

/**
 * Has matrices of known shapes multiplied by the operator `Product`, which does a layer's ReLU as well.
 *
 * It gives the same numbers but for rounding, for engines that know that operator.
 */
export function withProducts<I extends string, S extends string, O extends string>(
  given: Program<I, S, O>,
): Program<I, S, O> {
  const readers = readersOf(resultsOf(given));
  const tensors = substitution();
  return rewrite(given, tensors, (node) => {
    const [x] = node.inputs;
    const layer =
      node.operator === 'relu' && x?.node.kind === 'operator' && readers(x) === 1 ? x.node : undefined;
    const multiplied = layer ?? node;
    const replacement = inScope(multiplied.scope, () =>
      productOf(multiplied, multiplied.inputs.map(tensors.of), layer !== undefined),
    );
    return replacement && [replacement];
  });
}
