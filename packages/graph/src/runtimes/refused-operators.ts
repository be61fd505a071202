import { lower } from '../lowering/lower.ts';
import { resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import type { Runtime } from '../runtime.ts';
import { placeholder } from '../tensor.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';

/** A program of one operator, on inputs of the types that it has in a larger one. */
function programOfOne(node: OperatorNode): Program {
  const inputs: Record<string, Tensor> = {};
  const operands = node.inputs.map((tensor, i) => {
    if (tensor.node.kind === 'constant') return tensor;
    const name = `x${i}`;
    return (inputs[name] = placeholder('input', name, tensor));
  });
  const outputs = node.kernel.rebuild(operands);
  return { inputs, state: {}, outputs: Object.fromEntries(outputs.map((output, i) => [`y${i}`, output])) };
}

/** Operators of one identity are refused together. */
const identity = ({ operator, attributes, inputs }: OperatorNode): string =>
  JSON.stringify([operator, attributes, inputs.map(({ dtype, shape }) => [dtype, shape.length])]);

/** The operators of what an engine runs of a program. */
function engineOperators(program: Program): readonly OperatorNode[] {
  const { engine } = lower(program, { fuses: false, shared: {} });
  return topologicalOrder(resultsOf(engine)).filter((node) => node.kind === 'operator');
}

/** Operators of a program that read and write more than so many tensors. */
export const widerOperators = (program: Program, most: number) =>
  engineOperators(program).flatMap(({ operator, inputs, outputs }) => {
    const tensors = inputs.length + outputs.length;
    return tensors > most ? [{ operator, tensors }] : [];
  });

/** Names of the operators of a program that a runtime does not load even by themselves. */
export async function refusedOperators(program: Program, runtime: Runtime): Promise<readonly string[]> {
  const distinct = new Map(engineOperators(program).map((node) => [identity(node), node]));
  const refused = new Set<string>();
  for (const node of distinct.values()) {
    if (refused.has(node.operator)) continue;
    try {
      const executable = await runtime.load(programOfOne(node));
      await executable.dispose();
    } catch {
      refused.add(node.operator);
    }
  }
  return [...refused];
}
