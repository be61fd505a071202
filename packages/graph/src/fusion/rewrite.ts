import { mapResults, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { nodesBehind } from '../traverse.ts';

/** What stands for the only output of an operator on these inputs; undefined if it stays. */
export type Rule = (node: OperatorNode, inputs: readonly Tensor[]) => Tensor | undefined;

/** Applies the first rule that fits to each operator of a program. */
export function rewrite<I extends string, S extends string, O extends string>(
  given: Program<I, S, O>,
  rules: readonly Rule[],
): Program<I, S, O> {
  const replaced = new Map<Tensor, Tensor>();
  const resolve = (tensor: Tensor): Tensor => replaced.get(tensor) ?? tensor;
  const apply = (node: OperatorNode, inputs: readonly Tensor[]): Tensor | undefined => {
    for (const rule of rules) {
      const found = rule(node, inputs);
      if (found) return found;
    }
    return undefined;
  };
  for (const node of nodesBehind(resultsOf(given))) {
    const [output] = node.outputs;
    if (node.kind !== 'operator' || !output) continue;
    const inputs = node.inputs.map(resolve);
    const found = apply(node, inputs);
    if (found) replaced.set(output, found);
    else if (inputs.some((input, i) => input !== node.inputs[i]))
      node.kernel.rebuild(inputs).forEach((own, i) => replaced.set(node.outputs[i] ?? own, own));
  }
  return mapResults(given, resolve);
}
