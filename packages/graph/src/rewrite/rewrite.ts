import { mapResults, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { inScope } from '../scope.ts';
import type { Node, OperatorNode, Tensor } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';

/** What is replaced of a node: the operators that it is looked for in, and what stands for the output of one. */
export interface Rule {
  readonly operators: readonly string[];
  /** The replacement of a node's only output, computed from these inputs; undefined where the node stays. */
  readonly replace: (node: OperatorNode, inputs: readonly Tensor[]) => Tensor | undefined;
}

/** Which tensors stand for others while a program is rewritten. */
export interface Substitution {
  /** What stands for a tensor now: itself, unless it was replaced. */
  of(tensor: Tensor): Tensor;
  /** Replaces tensors; those for which nothing is given stay. */
  set(from: readonly Tensor[], to: readonly (Tensor | undefined)[]): void;
  /** Makes a node anew if its inputs were replaced. */
  rebuild(node: Node): void;
}

/**
 * Makes an empty substitution.
 *
 * @param onFirstUse replaces tensors when they are first asked for; default: none
 */
export function substitution(
  onFirstUse: (tensor: Tensor) => Tensor | undefined = () => undefined,
): Substitution {
  const replacements = new Map<Tensor, Tensor>();
  const of = (tensor: Tensor): Tensor => {
    const known = replacements.get(tensor);
    if (known) return known;
    const replacement = onFirstUse(tensor);
    if (replacement) replacements.set(tensor, replacement);
    return replacement ?? tensor;
  };
  const set: Substitution['set'] = (from, to) =>
    from.forEach((tensor, i) => {
      const replacement = to[i];
      if (replacement) replacements.set(tensor, replacement);
    });
  const rebuild = (node: Node): void => {
    if (node.kind !== 'operator') return;
    const inputs = node.inputs.map(of);
    if (inputs.some((input, i) => input !== node.inputs[i])) set(node.outputs, node.kernel.rebuild(inputs));
  };
  return { of, set, rebuild };
}

/**
 * The same program with other nodes: each operator, inputs first, is replaced, or made anew on what its inputs became.
 *
 * @param tensors what is replaced already, and gets what is replaced here
 * @param replace what stands for a node's outputs: none, if the node is left alone; default: it is made anew
 */
export function rewrite<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  tensors: Substitution,
  replace: (node: OperatorNode) => readonly (Tensor | undefined)[] | undefined = () => undefined,
): Program<I, S, O> {
  for (const node of topologicalOrder(resultsOf(program))) {
    if (node.kind !== 'operator') continue;
    const outputs = replace(node);
    if (outputs) tensors.set(node.outputs, outputs);
    else tensors.rebuild(node);
  }
  return mapResults(program, tensors.of);
}

/** Applies the first rule that fits. */
export function firstOf(rules: readonly Rule[]): Rule['replace'] {
  const byOperator = new Map<string, Rule[]>();
  for (const rule of rules)
    for (const name of rule.operators) byOperator.set(name, [...(byOperator.get(name) ?? []), rule]);
  return (node, inputs) => {
    for (const rule of byOperator.get(node.operator) ?? []) {
      const replacement = rule.replace(node, inputs);
      if (replacement) return replacement;
    }
    return undefined;
  };
}

/** The same program with the first rule that fits applied to each operator. */
export function applyRules<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  rules: readonly Rule[],
): Program<I, S, O> {
  const replace = firstOf(rules);
  const tensors = substitution();
  return rewrite(program, tensors, (node) => {
    const output = inScope(node.scope, () => replace(node, node.inputs.map(tensors.of)));
    return output && [output];
  });
}
