import { layerNormalization } from '../ops/normalize.ts';
import { linear } from '../ops/matmul.ts';
import { concat, split } from '../ops/partition.ts';
import { sameShape } from '../shape.ts';
import type { Node, OperatorNode, Tensor } from '../tensor.ts';
import type { Rule } from './rewrite.ts';

/** The node of a tensor, if that operator computes it. */
const nodeOf = ({ node }: Tensor, operator: string): OperatorNode | undefined =>
  node.kind === 'operator' && node.operator === operator ? node : undefined;

/** Which tensors are 0 whatever a program is given, as long as that and its constants are finite. */
function zeroTest(): (tensor: Tensor) => boolean {
  const known = new Map<Node, boolean>();
  const computed = ({ node }: Tensor): boolean => {
    if (node.kind === 'constant') return node.data.length === 1 && node.data[0] === 0;
    if (node.kind !== 'operator') return false;
    if (node.operator === 'mul' || node.operator === 'matmul') return node.inputs.some(isZero);
    if (!['expandAs', 'reshape', 'stopGradient'].includes(node.operator)) return false;
    const [input] = node.inputs;
    return input !== undefined && isZero(input);
  };
  const isZero = (tensor: Tensor): boolean => {
    const before = known.get(tensor.node);
    if (before !== undefined) return before;
    const zero = computed(tensor);
    known.set(tensor.node, zero);
    return zero;
  };
  return isZero;
}

/** A sum with what is 0 anyway: the first coupling of a deterministic action moves the origin. */
function skipZeroTerm(): Rule {
  const isZero = zeroTest();
  return {
    operators: ['add'],
    replace: ({ outputs: [output] }, [x, y]) => {
      if (!x || !y || !output) return undefined;
      if (isZero(x) && sameShape(y.shape, output.shape)) return y;
      return isZero(y) && sameShape(x.shape, output.shape) ? x : undefined;
    },
  };
}

/** A layer of joined parts of which all but one are 0 anyway: the first coupling of a deterministic action reads the state alone. */
function skipZeroColumns(): Rule {
  const isZero = zeroTest();
  return {
    operators: ['linear'],
    replace: (_, [x, weight, bias]) => {
      const joining = x && nodeOf(x, 'concat');
      const parts = joining?.attributes['axis'] === 1 ? joining.inputs : [];
      const [kept, ...others] = parts.filter((part) => !isZero(part));
      if (!kept || others.length > 0 || parts.length < 2 || !weight || !bias) return undefined;
      const widths = parts.map(({ shape }) => shape[1]);
      if (!widths.every((width) => typeof width === 'number')) return undefined;
      const columns = split(weight, widths, 1)[parts.indexOf(kept)];
      return columns && linear(kept, columns, bias);
    },
  };
}

/** Both columns of one matrix, if two tensors are they. */
function joined(first: Tensor, second: Tensor): Tensor | undefined {
  const parts = nodeOf(first, 'split');
  if (!parts || parts !== nodeOf(second, 'split') || parts.outputs.length !== 2) return undefined;
  return parts.attributes['axis'] === 1 && first.index === 0 && second.index === 1
    ? parts.inputs[0]
    : undefined;
}

/** `x₁ W₁ᵀ + (x₂ W₂ᵀ + b)` is `[x₁ x₂] [W₁ W₂]ᵀ + b`: one layer with its whole weight where there is a row for each row. */
const joinColumns: Rule = {
  operators: ['add'],
  replace: (_, [product, layer]) => {
    const [x1, w1] = (product && nodeOf(product, 'matmul')?.inputs) ?? [];
    const [x2, w2, bias] = (layer && nodeOf(layer, 'linear')?.inputs) ?? [];
    if (!product || !x1 || !w1 || !x2 || !w2 || !bias || x1.shape[0] !== x2.shape[0]) return undefined;
    const { transposeA, transposeB } = nodeOf(product, 'matmul')?.attributes ?? {};
    const weight = transposeB === true && transposeA === false ? joined(w1, w2) : undefined;
    return weight && linear(concat([x1, x2], 1), weight, bias);
  },
};

/** Layer normalization in its two parts is the one operator that engines know. */
const wholeLayerNorm: Rule = {
  operators: ['add'],
  replace: (_, [scaled, shift]) => {
    const [hat, scale] = (scaled && nodeOf(scaled, 'mul')?.inputs) ?? [];
    const standardize = hat && hat.index === 0 ? nodeOf(hat, 'standardize') : undefined;
    const [x] = standardize?.inputs ?? [];
    const epsilon = standardize?.attributes['epsilon'];
    if (!x || !scale || !shift || typeof epsilon !== 'number') return undefined;
    const features = [x.shape[1] ?? 0];
    const fits = sameShape(scale.shape, features) && sameShape(shift.shape, features);
    return fits ? layerNormalization(x, scale, shift, epsilon) : undefined;
  },
};

/** What makes a program that no longer learns smaller, and its layers such as engines know. Results differ in rounding only. */
export const deploymentRules = (): readonly Rule[] => [
  skipZeroTerm(),
  skipZeroColumns(),
  joinColumns,
  wholeLayerNorm,
];
