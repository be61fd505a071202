import { lower } from '../lowering/lower.ts';
import { neg } from '../ops/arithmetic.ts';
import { program, resultsOf } from '../program.ts';
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
function engineOperators(given: Program): readonly OperatorNode[] {
  const { engine } = lower(given, { fuses: false, shared: {} });
  return topologicalOrder(resultsOf(engine)).filter((node) => node.kind === 'operator');
}

/** What every engine can run that can run anything. */
const simplest = program({ inputs: { x: { shape: [1] } }, state: {} }, ({ x }) => ({
  outputs: { y: neg(x) },
}));

async function loads(runtime: Runtime, given: Program): Promise<boolean> {
  try {
    const executable = await runtime.load(given);
    await executable.dispose();
    return true;
  } catch {
    return false;
  }
}

/** Names of the operators of a program that a runtime does not load even by themselves; none if it loads nothing at all. */
export async function refusedOperators(given: Program, runtime: Runtime): Promise<readonly string[]> {
  if (!(await loads(runtime, simplest))) return [];
  const distinct = new Map(engineOperators(given).map((node) => [identity(node), node]));
  const refused = new Set<string>();
  for (const node of distinct.values()) {
    if (refused.has(node.operator)) continue;
    if (!(await loads(runtime, programOfOne(node)))) refused.add(node.operator);
  }
  return [...refused];
}
