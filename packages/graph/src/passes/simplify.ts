import { add, div, mul, sub } from '../ops/arithmetic.ts';
import { reshape } from '../ops/layout.ts';
import { broadcastsTo, sameShape } from '../shape.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';

/** Whether every element is this number, without looking at more than one element of what is not constant. */
const isConstant = ({ node }: Tensor, value: number): boolean =>
  node.kind === 'constant' && node.data.length === 1 && node.data[0] === value;

/** The tensor before a repetition, if the repetition is what the tensor is. */
const beforeExpand = (tensor: Tensor): Tensor | undefined =>
  tensor.node.kind === 'operator' && tensor.node.operator === 'expandAs' ? tensor.node.inputs[0] : undefined;

const broadcasting = new Map([
  ['add', add],
  ['sub', sub],
  ['mul', mul],
  ['div', div],
]);

/** An element-wise operator broadcasts by itself, so a repetition in front of it is needless. */
function skipExpand(node: OperatorNode): Tensor | undefined {
  const rebuild = broadcasting.get(node.operator);
  const [x, y] = node.inputs;
  const [output] = node.outputs;
  if (!rebuild || !x || !y || !output) return undefined;
  const left = beforeExpand(x);
  const right = beforeExpand(y);
  if (left && sameShape(y.shape, output.shape)) return rebuild(left, y);
  if (right && sameShape(x.shape, output.shape)) return rebuild(x, right);
  return undefined;
}

/** Arithmetic with the neutral element. */
function skipNeutral(node: OperatorNode): Tensor | undefined {
  const [x, y] = node.inputs;
  const [output] = node.outputs;
  if (!x || !y || !output) return undefined;
  const keeps = (kept: Tensor, other: Tensor, neutral: number): boolean =>
    isConstant(other, neutral) &&
    sameShape(kept.shape, output.shape) &&
    broadcastsTo(other.shape, kept.shape);
  if (node.operator === 'mul') return keeps(x, y, 1) ? x : keeps(y, x, 1) ? y : undefined;
  if (node.operator === 'add') return keeps(x, y, 0) ? x : keeps(y, x, 0) ? y : undefined;
  if (node.operator === 'div') return keeps(x, y, 1) ? x : undefined;
  if (node.operator === 'sub') return keeps(x, y, 0) ? x : undefined;
  return undefined;
}

/** A reshape of a reshape is one reshape; a reshape to the own shape is none. */
function mergeReshape(node: OperatorNode): Tensor | undefined {
  const [x] = node.inputs;
  const [output] = node.outputs;
  if (node.operator !== 'reshape' || !x || !output) return undefined;
  if (sameShape(x.shape, output.shape)) return x;
  const before = x.node.kind === 'operator' && x.node.operator === 'reshape' ? x.node.inputs[0] : undefined;
  return before && reshape(before, output.shape);
}

/**
 * Rewrites one node into cheaper ones that give the same numbers; undefined where no rule applies.
 *
 * Each rule is exact but for the sign of zero: products with 1, sums with 0 and repetitions that broadcasting does anyway.
 */
export function simplify(node: OperatorNode): readonly Tensor[] | undefined {
  const simpler = skipNeutral(node) ?? skipExpand(node) ?? mergeReshape(node);
  return simpler && [simpler];
}
