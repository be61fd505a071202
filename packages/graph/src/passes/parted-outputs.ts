import { resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { isStatic, sizeOfShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { topologicalOrder } from '../traverse.ts';

/** Consecutive entries of a vector. */
export interface OutputPart {
  /** The output that the engine gives. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Entries before it. */
  readonly offset: number;
}

/** An output that the engine gives in parts, each of which it can write to its place in the whole. */
export interface PartedOutput {
  readonly name: string;
  /** Entries of the whole. */
  readonly length: number;
  readonly parts: readonly OutputPart[];
}

/** Name of an output that is a part of another. No program's own output begins like this. */
const partName = (index: number) => `part:${index}`;

/** What a vector is joined from, each in the shape in which it was computed. */
function joined({ node, shape }: Tensor): readonly Tensor[] {
  if (node.kind !== 'operator' || node.operator !== 'concat' || shape.length !== 1) return [];
  return node.inputs.map((input) => {
    const { node: own } = input;
    return own.kind === 'operator' && own.operator === 'reshape' ? (own.inputs[0] ?? input) : input;
  });
}

/**
 * Gives outputs that are joined from others, as the gradient is from that of each parameter, in parts, so that nothing is
 * copied to join them. Only those that nothing else reads.
 */
export function takePartedOutputs(given: Program): {
  readonly program: Program;
  readonly parted: readonly PartedOutput[];
} {
  const results = resultsOf(given);
  const read = new Set(topologicalOrder(results).flatMap((node) => node.inputs));
  // An engine gives what it computes under one name.
  const named = new Set(results);
  const isFree = (part: Tensor) =>
    part.node.kind === 'operator' && part.dtype === 'float32' && isStatic(part.shape) && !named.has(part);
  const parted: PartedOutput[] = [];
  const outputs: Record<string, Tensor> = {};
  let count = 0;
  for (const [name, output] of Object.entries(given.outputs)) {
    const sources = joined(output);
    const isReadOnce = !read.has(output) && results.filter((own) => own === output).length === 1;
    if (
      sources.length === 0 ||
      !isReadOnce ||
      !sources.every(isFree) ||
      new Set(sources).size < sources.length
    ) {
      outputs[name] = output;
      continue;
    }
    let length = 0;
    const parts = sources.map((source): OutputPart => {
      const shape = isStatic(source.shape) ? source.shape : [];
      const part = { name: partName(count), shape, offset: length };
      outputs[part.name] = source;
      named.add(source);
      count += 1;
      length += sizeOfShape(shape);
      return part;
    });
    parted.push({ name, length, parts });
  }
  return { program: { ...given, outputs }, parted };
}
