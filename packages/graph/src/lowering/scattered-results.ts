import { nextName } from '../onnx/serialize.ts';
import { entries, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { isStatic, sizeOfShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';

/** Consecutive entries of a vector. */
interface ResultPart {
  /** The output that the engine gives. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Entries before it. */
  readonly offset: number;
}

/** An output or next state that the engine gives in parts, each of which it can write to its place in the whole. */
export interface ScatteredResult {
  /** The output's name, or `nextName` of the state. */
  readonly name: string;
  /** Entries of the whole. */
  readonly length: number;
  readonly parts: readonly ResultPart[];
}

/** Name of an output that is a part of another. No program's own output begins like this. */
const partName = (index: number) => `part:${index}`;

/** What a vector is joined from, each in the shape in which it was computed. */
function joined({ node, shape }: Tensor): readonly Tensor[] {
  if (node.kind !== 'operator' || node.operator !== 'concat' || shape.length !== 1) return [];
  return node.inputs.map((input) => {
    const { node: part } = input;
    return part.kind === 'operator' && part.operator === 'reshape' ? (part.inputs[0] ?? input) : input;
  });
}

/**
 * Gives what is joined from others, as the gradient is from that of each parameter, in parts, so that nothing is copied to
 * join them: outputs, and the next values of some states. Only those that nothing else reads.
 *
 * @param states whose next values may be given in parts; the program doesn't read them
 */
export function scatterResults(
  given: Program,
  states: ReadonlySet<string> = new Set(),
): {
  readonly program: Program;
  readonly scattered: readonly ScatteredResult[];
} {
  const results = resultsOf(given);
  const read = new Set(topologicalOrder(results).flatMap((node) => node.inputs));
  // An engine gives what it computes under one name.
  const named = new Set(results);
  const isFree = (part: Tensor) =>
    part.node.kind === 'operator' && part.dtype === 'float32' && isStatic(part.shape) && !named.has(part);
  const scattered: ScatteredResult[] = [];
  const outputs: Record<string, Tensor> = {};
  let count = 0;
  /** Whether a result can be given in parts; they are then outputs. */
  const scatter = (name: string, result: Tensor): boolean => {
    const sources = joined(result);
    const isReadOnce = !read.has(result) && results.filter((other) => other === result).length === 1;
    if (
      sources.length === 0 ||
      !isReadOnce ||
      !sources.every(isFree) ||
      new Set(sources).size < sources.length
    )
      return false;
    let length = 0;
    const parts = sources.map((source): ResultPart => {
      const shape = isStatic(source.shape) ? source.shape : [];
      const part = { name: partName(count), shape, offset: length };
      outputs[part.name] = source;
      named.add(source);
      count += 1;
      length += sizeOfShape(shape);
      return part;
    });
    scattered.push({ name, length, parts });
    return true;
  };
  for (const [name, output] of entries(given.outputs)) if (!scatter(name, output)) outputs[name] = output;
  const scatteredStates = new Set(
    entries(given.state).flatMap(([name, { next }]) =>
      next && states.has(name) && scatter(nextName(name), next) ? [name] : [],
    ),
  );
  if (scattered.length === 0) return { program: given, scattered };
  const state = Object.fromEntries(entries(given.state).filter(([name]) => !scatteredStates.has(name)));
  return { program: { ...given, outputs, state }, scattered };
}
