import { add, div, mul, sub } from '../ops/arithmetic.ts';
import { reshape } from '../ops/layout.ts';
import { matmul } from '../ops/matmul.ts';
import { broadcastsTo, isStatic, sameShape, sizeOfShape } from '../shape.ts';
import { constant } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import { firstOf } from './rewrite.ts';
import type { Rule } from './rewrite.ts';

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
const skipExpand: Rule = {
  operators: [...broadcasting.keys()],
  replace: (node, [x, y]) => {
    const rebuild = broadcasting.get(node.operator);
    const [output] = node.outputs;
    if (!rebuild || !x || !y || !output) return undefined;
    const left = beforeExpand(x);
    const right = beforeExpand(y);
    if (left && sameShape(y.shape, output.shape)) return rebuild(left, y);
    if (right && sameShape(x.shape, output.shape)) return rebuild(x, right);
    return undefined;
  },
};

/** Arithmetic with the neutral element. */
const skipNeutral: Rule = {
  operators: ['mul', 'add', 'div', 'sub'],
  replace: (node, [x, y]) => {
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
  },
};

/** A reshape of a reshape is one reshape; a reshape to the own shape is none. */
const mergeReshape: Rule = {
  operators: ['reshape'],
  replace: (node, [x]) => {
    const [output] = node.outputs;
    if (!x || !output) return undefined;
    if (sameShape(x.shape, output.shape)) return x;
    const before = x.node.kind === 'operator' && x.node.operator === 'reshape' ? x.node.inputs[0] : undefined;
    return before && reshape(before, output.shape);
  },
};

/** The inputs of a tensor, if that operator computes it. */
const inputsOf = ({ node }: Tensor, operator: string): readonly Tensor[] | undefined =>
  node.kind === 'operator' && node.operator === operator ? node.inputs : undefined;

/**
 * `Σⱼ xᵢⱼ vⱼ` is the product of x with the vector v, and `Σⱼ (xᵢⱼ vⱼ) yᵢⱼ` that of x ⊙ y: one pass over the matrix fewer, and
 * x ⊙ y is often wanted anyway (layer normalization's scale has it as gradient).
 */
const productWithVector: Rule = {
  operators: ['sum'],
  replace: (node, [product]) => {
    const [output] = node.outputs;
    const factors = product && inputsOf(product, 'mul');
    const [axis, ...more] = Array.isArray(node.attributes['axes']) ? node.attributes['axes'] : [];
    if (!factors || !output || axis !== 1 || more.length > 0) return undefined;
    const withVector = (matrix: Tensor, vector: Tensor): Tensor | undefined => {
      const [length] = vector.shape;
      const fits = vector.shape.length === 1 && matrix.shape.length === 2 && matrix.shape[1] === length;
      return fits && length !== undefined
        ? reshape(matmul(matrix, reshape(vector, [length, 1])), output.shape)
        : undefined;
    };
    const [x, y] = factors;
    if (!x || !y) return undefined;
    const direct = withVector(x, y) ?? withVector(y, x);
    if (direct) return direct;
    for (const [scaled, other] of [
      [x, y],
      [y, x],
    ] as const) {
      const [matrix, vector] = inputsOf(scaled, 'mul') ?? [];
      if (!matrix || !vector || !sameShape(matrix.shape, other.shape) || vector.shape.length !== 1) continue;
      const product = withVector(mul(matrix, other), vector);
      if (product) return product;
    }
    return undefined;
  },
};

/** Largest constant that a short row is written out to. */
const WRITTEN_OUT = 16_384;

/** Longest row that is worth writing out: engines broadcast longer ones at full speed. */
const SHORT_ROW = 32;

/** A short constant row against many rows, such as a coupling's mask: the engine's loop over so few entries is slow. */
const writeOutRow: Rule = {
  operators: [...broadcasting.keys()],
  replace: (node, [x, y]) => {
    const rebuild = broadcasting.get(node.operator);
    const [output] = node.outputs;
    if (!rebuild || !x || !y || !output || !isStatic(output.shape) || output.shape.length !== 2)
      return undefined;
    const size = sizeOfShape(output.shape);
    const written = (row: Tensor): Tensor | undefined => {
      const { node: source } = row;
      if (source.kind !== 'constant' || row.shape.length !== 1 || source.data.length < 2) return undefined;
      if (source.data.length > SHORT_ROW || size > WRITTEN_OUT || size === source.data.length)
        return undefined;
      const { data } = source;
      return constant(
        Float64Array.from({ length: size }, (_, i) => data[i % data.length] ?? 0),
        isStatic(output.shape) ? output.shape : [],
      );
    };
    const left = written(x);
    if (left && sameShape(y.shape, output.shape)) return rebuild(left, y);
    const right = written(y);
    return right && sameShape(x.shape, output.shape) ? rebuild(x, right) : undefined;
  },
};

/**
 * Replaces one node by cheaper ones that give the same numbers; undefined where no rule applies.
 *
 * Rules are exact but for the sign of zero (products with 1, sums with 0, repetitions that broadcasting does anyway), or
 * change the order of a sum.
 */
export const simplify = firstOf([skipNeutral, skipExpand, mergeReshape, productWithVector, writeOutRow]);
