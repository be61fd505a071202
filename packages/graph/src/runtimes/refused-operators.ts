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

/** Names of the operators of a program that a runtime does not load even by themselves. */
export async function refusedOperators(program: Program, runtime: Runtime): Promise<readonly string[]> {
  const { engine } = lower(program, { fuses: false, shared: {} });
  const operators = topologicalOrder(resultsOf(engine)).filter((node) => node.kind === 'operator');
  const distinct = new Map(operators.map((node) => [identity(node), node]));
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
