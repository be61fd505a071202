import { decodeModel, encodeModel } from '../../../graph/src/onnx/schema.ts';
import type { OnnxModel, OnnxNode } from '../../../graph/src/onnx/schema.ts';
import { numbersBetween } from '../../../graph/src/testing/random.ts';

/** Random choices, the same for the same seed. */
class Choices {
  readonly #numbers: ArrayLike<number>;
  #next = 0;

  constructor(seed: number) {
    this.#numbers = numbersBetween(seed, 256, 0, 1);
  }

  /** A whole number from 0 to below the end. */
  below(end: number): number {
    const number = this.#numbers[this.#next++ % this.#numbers.length] ?? 0;
    return Math.min(Math.floor(number * end), Math.max(end - 1, 0));
  }

  of<T>(values: readonly T[]): T | undefined {
    return values[this.below(values.length)];
  }
}

/** Numbers at the ends of what fits, and around what counts and places are. */
const NUMBERS = [
  -(2n ** 63n),
  -(2n ** 31n),
  -2n,
  -1n,
  0n,
  1n,
  2n,
  3n,
  4n,
  5n,
  7n,
  16n,
  20n,
  28n,
  29n,
  64n,
  1000n,
  65_535n,
  65_536n,
  2n ** 31n,
  2n ** 32n,
  2n ** 62n,
  2n ** 63n - 1n,
];

const replaced = <T>(values: readonly T[], index: number, ...others: readonly T[]): readonly T[] => [
  ...values.slice(0, index),
  ...others,
  ...values.slice(index + 1),
];

/** One to four changes to the bytes of a file. */
function spoilBytes(bytes: Uint8Array, choices: Choices): Uint8Array {
  let spoiled = [...bytes];
  for (let changes = 1 + choices.below(4); changes > 0; changes--) {
    const at = choices.below(spoiled.length);
    const length = 1 + choices.below(8);
    const change = choices.below(5);
    if (change === 0) spoiled[at] = (spoiled[at] ?? 0) ^ (1 << choices.below(8));
    else if (change === 1) spoiled[at] = choices.below(256);
    else if (change === 2) spoiled.splice(at, length);
    else if (change === 3) spoiled.splice(at, 0, ...spoiled.slice(at, at + length));
    else spoiled = spoiled.slice(0, Math.max(1, at));
  }
  return Uint8Array.from(spoiled);
}

/** Changes a number of an attribute, or how many there are. */
function spoilInts(node: OnnxNode, choices: Choices): OnnxNode {
  const at = choices.below(node.attribute.length);
  const attribute = node.attribute[at];
  if (!attribute) return node;
  const ints = attribute.ints ?? [];
  const where = choices.below(ints.length);
  const number = choices.of(NUMBERS) ?? 0n;
  const changed = choices.of([
    replaced(ints, where, number),
    replaced(ints, where),
    replaced(ints, where, ints[where] ?? 0n, number),
    replaced(ints, where, BigInt.asIntN(64, (ints[where] ?? 0n) + BigInt(choices.below(5) - 2))),
  ]);
  return { ...node, attribute: replaced(node.attribute, at, { ...attribute, ints: changed ?? [] }) };
}

/** Changes what a node is given, gives, or is. */
function spoilNode(node: OnnxNode, choices: Choices): OnnxNode {
  const input = choices.below(node.input.length);
  const output = choices.below(node.output.length);
  const attribute = choices.below(node.attribute.length);
  return (
    choices.of<OnnxNode>([
      { ...node, input: replaced(node.input, input, '') },
      { ...node, input: replaced(node.input, input) },
      { ...node, input: [...node.input, node.input[input] ?? ''] },
      { ...node, output: replaced(node.output, output, '') },
      { ...node, output: replaced(node.output, output) },
      { ...node, output: [...node.output, 'another'] },
      { ...node, attribute: replaced(node.attribute, attribute) },
      { ...node, opType: choices.of(['Fused', 'Product', 'Add', 'Nothing']) ?? '' },
    ]) ?? node
  );
}

/** Other instructions: any numbers, or those that could name an operation and operands. */
function spoilCode(node: OnnxNode, choices: Choices): OnnxNode {
  const ints = Array.from({ length: 5 * (1 + choices.below(6)) }, (_, i) =>
    choices.below(20) === 0
      ? (choices.of(NUMBERS) ?? 0n)
      : BigInt(i % 5 === 0 ? choices.below(30) : choices.below(12) - 1),
  );
  return {
    ...node,
    attribute: node.attribute.map((attribute) =>
      attribute.name === 'code' ? { ...attribute, ints } : attribute,
    ),
  };
}

/** A model with another node. What nothing gives any more is no output of it either. */
function withNode(model: OnnxModel, index: number, node: OnnxNode): OnnxModel {
  const nodes = replaced(model.graph.node, index, node);
  const given = new Set(nodes.flatMap(({ output }) => output));
  const output = model.graph.output.filter(({ name }) => given.has(name));
  return { ...model, graph: { ...model.graph, node: nodes, output } };
}

/** A program of the addon's with one to three numbers changed, most of which are counts and places. */
export function spoiledNumbers(numbers: BigInt64Array, seed: number): BigInt64Array {
  const choices = new Choices(seed);
  let spoiled: readonly bigint[] = [...numbers];
  for (let changes = 1 + choices.below(3); changes > 0; changes--) {
    const at = choices.below(spoiled.length);
    const number = spoiled[at] ?? 0n;
    const other = choices.of(NUMBERS) ?? 0n;
    const near = BigInt.asIntN(64, number + BigInt(choices.below(9) - 4));
    const there = spoiled[choices.below(spoiled.length)] ?? 0n;
    spoiled =
      choices.of([
        replaced(spoiled, at, other),
        replaced(spoiled, at, near),
        replaced(spoiled, at, near),
        replaced(spoiled, at, there),
        replaced(spoiled, at),
        replaced(spoiled, at, number, other),
        spoiled.slice(0, at),
      ]) ?? spoiled;
  }
  return BigInt64Array.from(spoiled);
}

/** A model and the names of its outputs, as far as they can be told. */
export interface Mutation {
  readonly model: Uint8Array;
  readonly outputNames?: ReadonlySet<string>;
}

/** A model with something wrong, most of the time; the same for the same seed. */
export function mutated(bytes: Uint8Array, seed: number): Mutation {
  const choices = new Choices(seed);
  const kind = choices.below(4);
  if (kind === 0) return { model: spoilBytes(bytes, choices) };
  const model = decodeModel(bytes);
  const ours = model.graph.node.flatMap(({ domain }, i) => (domain === 'meow' ? [i] : []));
  const index = choices.of(ours) ?? 0;
  const node = model.graph.node[index];
  if (!node) return { model: spoilBytes(bytes, choices) };
  const spoil = [spoilInts, spoilNode, spoilCode][kind - 1] ?? spoilInts;
  let spoiled = spoil(node, choices);
  if (choices.below(3) === 0) spoiled = spoilInts(spoiled, choices);
  const changed = withNode(model, index, spoiled);
  return { model: encodeModel(changed), outputNames: new Set(changed.graph.output.map(({ name }) => name)) };
}
