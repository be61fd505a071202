import type { OnnxNode } from '@meow-rl/graph';

/** The addon's operators by their numbers. */
const OPERATOR = { part: 0, join: 1, strided: 2, reduce: 3, smallest: 4, fused: 5, product: 6 } as const;
/** Attributes by the numbers that the addon knows them by. */
const ATTRIBUTES = [
  'size',
  'inputs',
  'outputs',
  'output_shapes',
  'code',
  'product',
  'layout',
  'constants',
] as const;
/** What `Reduce` does. */
const REDUCTION = { sum: 0, max: 1 } as const;

/** Lengths of a tensor's axes. */
export type Dims = readonly number[];

/** An operator's run, as numbers but for what it reads and gives. */
export interface Step {
  readonly operator: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly { readonly name: string; readonly dims: Dims }[];
  /** How many attributes there are, and each as `direct.h` says. */
  readonly attributes: readonly bigint[];
  readonly floats: readonly number[];
  /** The element of its input where its result begins, if that is a part of it, which need not be copied. */
  readonly partAt?: number;
  /** Where each input begins in its result, if that is its inputs one after the other, which need not be copied if they are made there. */
  readonly joinsAt?: readonly number[];
}

/** What is known of the tensors that a node reads. */
export interface KnownTensors {
  /** Undefined for what is neither given nor made before. */
  dimsOf(name: string): Dims | undefined;
  /** The whole numbers of a constant. */
  integersOf(name: string): readonly number[] | undefined;
  /** The floats of a constant. */
  floatsOf(name: string): Float32Array | undefined;
  /** Whether a node reads it, or it is a result. */
  isUsed(name: string): boolean;
}

export const sizeOf = (dims: Dims): number => dims.reduce((size, dim) => size * dim, 1);

const attributeOf = (node: OnnxNode, name: string) =>
  node.attribute.find((attribute) => attribute.name === name);
const numberIn = (node: OnnxNode, name: string): number => Number(attributeOf(node, name)?.i ?? 0n);

/** Shapes that are written one after the other, each behind its rank; none where one is negative, which the engine refuses. */
function shapesIn(flat: readonly bigint[]): readonly Dims[] {
  const shapes: Dims[] = [];
  for (let at = 0; at < flat.length;) {
    const rank = Number(flat[at]);
    if (rank < 0) return [];
    shapes.push(flat.slice(at + 1, at + 1 + rank).map(Number));
    at += 1 + rank;
  }
  return shapes;
}

/** One of the addon's own operators, with results of these shapes. */
function ownStep(node: OnnxNode, operator: number, shapes: readonly (Dims | undefined)[]): Step | undefined {
  const outputs = node.output.flatMap((name, i) => {
    const dims = shapes[i];
    return dims ? [{ name, dims }] : [];
  });
  const known: readonly string[] = ATTRIBUTES;
  const isKnown = node.attribute.every(({ name }) => known.includes(name));
  if (!isKnown || outputs.length !== node.output.length || shapes.length !== outputs.length) return undefined;
  const floats: number[] = [];
  const attributes = node.attribute.flatMap(({ name, ints = [], floats: entries = [] }) => {
    const number = known.indexOf(name);
    if (number < ATTRIBUTES.length - 1) return [BigInt(number), BigInt(ints.length), ...ints];
    floats.push(...entries);
    return [BigInt(number), BigInt(entries.length)];
  });
  const count = BigInt(node.attribute.length);
  return { operator, inputs: node.input, outputs, attributes: [count, ...attributes], floats };
}

interface Layout {
  readonly inputs: readonly string[];
  readonly output: string;
  readonly dims: Dims;
  /** What the operator's numbers begin with, and what follows the result's shape. */
  readonly first: readonly number[];
  readonly last?: readonly number[];
}

/** An operator whose only attribute is `layout`. */
function layoutStep(
  operator: number,
  { inputs, output, dims, first, last = [] }: Layout,
  more: Pick<Step, 'partAt' | 'joinsAt'> = {},
): Step {
  const layout = [...first, dims.length, ...dims, ...last].map(BigInt);
  const attributes = [1n, BigInt(ATTRIBUTES.indexOf('layout')), BigInt(layout.length), ...layout];
  return { operator, inputs, outputs: [{ name: output, dims }], attributes, floats: [], ...more };
}

/** Consecutive elements of a tensor from `start` on, in a shape. */
const part = (input: string, output: string, start: number, dims: Dims): Step =>
  layoutStep(OPERATOR.part, { inputs: [input], output, dims, first: [start] }, { partAt: start });

/** For each element of the result, that of the input which lies `strides` further for each step along an axis. */
const strided = (input: string, output: string, dims: Dims, strides: Dims, start = 0): Step =>
  layoutStep(OPERATOR.strided, { inputs: [input], output, dims, first: [start], last: strides });

/** Elements from one entry of each axis to the next. */
const stridesOf = (dims: Dims): Dims => dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));

/** A tensor as blocks in which an axis has `length` entries of so many elements each. */
const aroundAxis = (dims: Dims, axis: number): [outer: number, length: number, inner: number] => [
  sizeOf(dims.slice(0, axis)),
  dims[axis] ?? 1,
  sizeOf(dims.slice(axis + 1)),
];

type Rule = (node: OnnxNode, known: KnownTensors) => readonly (Step | undefined)[];

const product: Rule = (node, { dimsOf }) => {
  const [a = [], b = []] = node.input.map((name) => dimsOf(name) ?? []);
  const [transposeA, transposeB] = attributeOf(node, 'product')?.ints ?? [];
  const rows = a[transposeA ? 1 : 0];
  const columns = b[transposeB ? 0 : 1];
  const dims = rows === undefined || columns === undefined ? undefined : [rows, columns];
  return [ownStep(node, OPERATOR.product, [dims])];
};

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

const concat: Rule = (node, { dimsOf }) => {
  const axis = numberIn(node, 'axis');
  const parts = node.input.map((name) => dimsOf(name) ?? []);
  const [first = []] = parts;
  if (axis >= first.length) return [undefined];
  const [outer] = aroundAxis(first, axis);
  const dims = first.with(axis, total(parts.map((each) => each[axis] ?? 0)));
  const widths = parts.map((each) => sizeOf(each.slice(axis)));
  const layout = { inputs: node.input, output: node.output[0] ?? '', dims, first: [outer], last: widths };
  const joinsAt = widths.map((_, i) => total(widths.slice(0, i)));
  return [layoutStep(OPERATOR.join, layout, outer === 1 ? { joinsAt } : {})];
};

const split: Rule = (node, { dimsOf, integersOf, isUsed }) => {
  const [input = '', sizesName = ''] = node.input;
  const dims = dimsOf(input) ?? [];
  const sizes = integersOf(sizesName);
  const axis = numberIn(node, 'axis');
  if (!sizes || axis >= dims.length) return [undefined];
  const [outer, , inner] = aroundAxis(dims, axis);
  let start = 0;
  return node.output.flatMap((output, i) => {
    const begin = start * inner;
    start += sizes[i] ?? 0;
    if (!isUsed(output)) return [];
    const lengths = dims.with(axis, sizes[i] ?? 0);
    return [
      outer === 1
        ? part(input, output, begin, lengths)
        : strided(input, output, lengths, stridesOf(dims), begin),
    ];
  });
};

/** The same elements in another shape. */
const reshape: Rule = (
  { input: [input = '', shape = ''], output: [output = ''] },
  { dimsOf, integersOf },
) => {
  const [size, target] = [sizeOf(dimsOf(input) ?? []), integersOf(shape)];
  // A length of 0 may mean another one.
  if (!target || target.includes(0)) return [undefined];
  const rest = size / sizeOf(target.filter((dim) => dim > 0));
  return [
    part(
      input,
      output,
      0,
      target.map((dim) => (dim < 0 ? rest : dim)),
    ),
  ];
};

const transpose: Rule = (node, { dimsOf }) => {
  const [input = '', output = ''] = [node.input[0], node.output[0]];
  const dims = dimsOf(input) ?? [];
  const order = (attributeOf(node, 'perm')?.ints ?? []).map(Number);
  const strides = stridesOf(dims);
  const inOrder = (values: Dims) => order.map((axis) => values[axis] ?? 0);
  return [strided(input, output, inOrder(dims), inOrder(strides))];
};

/** Axes of length 1 are repeated. */
const expand: Rule = ({ input: [input = '', shape = ''], output: [output = ''] }, { dimsOf, integersOf }) => {
  const [dims, target] = [dimsOf(input) ?? [], integersOf(shape)];
  if (!target || target.length < dims.length) return [undefined];
  const filled = [...target.slice(dims.length).fill(1), ...dims];
  const lengths = target.map((dim, axis) => {
    const length = filled[axis] ?? 1;
    return length === 1 ? dim : length;
  });
  const strides = stridesOf(filled).map((stride, axis) => (filled[axis] === 1 ? 0 : stride));
  return [strided(input, output, lengths, strides)];
};

const reduction =
  (kind: keyof typeof REDUCTION): Rule =>
  (node, { dimsOf, integersOf }) => {
    const [input = '', axesName = ''] = node.input;
    const dims = dimsOf(input) ?? [];
    const axes = integersOf(axesName) ?? [];
    const [axis = dims.length] = axes;
    // Neighbouring axes are one.
    if (axis >= dims.length || axes.some((each, i) => each !== axis + i)) return [undefined];
    const length = sizeOf(dims.slice(axis, axis + axes.length));
    const [outer, inner] = [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis + axes.length))];
    const keeps = numberIn(node, 'keepdims') === 1;
    const left = dims.flatMap((dim, i) => (axes.includes(i) ? (keeps ? [1] : []) : [dim]));
    const first = [REDUCTION[kind], outer, length, inner];
    return [
      layoutStep(OPERATOR.reduce, { inputs: [input], output: node.output[0] ?? '', dims: left, first }),
    ];
  };

/** A product of matrices, or with ones, which is how sums are written. */
const matMul: Rule = (node, { dimsOf, floatsOf }) => {
  const [left = '', right = ''] = node.input;
  const [a, b] = [dimsOf(left) ?? [], dimsOf(right) ?? []];
  const output = node.output[0] ?? '';
  const dims = [...a.slice(0, -1), ...b.slice(0, -2), ...(b.length > 1 ? b.slice(-1) : [])];
  const isOnes = (name: string) => floatsOf(name)?.every((x) => x === 1) ?? false;
  const [rows, inner, columns] = [sizeOf(a.slice(0, -1)), a.at(-1) ?? 1, b.length > 1 ? (b[1] ?? 1) : 1];
  if (a.length > 2 || b.length > 2 || a.length * b.length === 0 || b[0] !== inner) return [undefined];
  const sum = (input: string, first: Dims) =>
    layoutStep(OPERATOR.reduce, { inputs: [input], output, dims, first: [REDUCTION.sum, ...first] });
  if (rows === 1 && isOnes(left)) return [sum(right, [1, inner, columns])];
  if (columns === 1 && isOnes(right)) return [sum(left, [rows, inner, 1])];
  const options = { name: 'product', type: 7, ints: [0n, 0n, 0n] };
  const isOfMatrices = a.length === 2 && b.length === 2;
  return [isOfMatrices ? ownStep({ ...node, attribute: [options] }, OPERATOR.product, [dims]) : undefined];
};

/** The smallest entries along an axis; their places are not told. */
const topK: Rule = (node, { dimsOf, integersOf, isUsed }) => {
  const [input = '', countName = ''] = node.input;
  const [output = '', places = ''] = node.output;
  const dims = dimsOf(input) ?? [];
  const axis = numberIn(node, 'axis');
  const [count = 0] = integersOf(countName) ?? [];
  const isSmallest = attributeOf(node, 'largest')?.i === 0n;
  if (!isSmallest || isUsed(places) || axis >= dims.length || count > (dims[axis] ?? 0)) return [undefined];
  const layout = { inputs: [input], output, dims: dims.with(axis, count), first: aroundAxis(dims, axis) };
  return [layoutStep(OPERATOR.smallest, layout)];
};

const RULES: Readonly<Record<string, Rule>> = {
  'meow.Fused': (node) => [
    ownStep(node, OPERATOR.fused, shapesIn(attributeOf(node, 'output_shapes')?.ints ?? [])),
  ],
  'meow.Product': product,
  Concat: concat,
  Split: split,
  Reshape: reshape,
  Identity: ({ input: [input = ''], output: [output = ''] }, { dimsOf }) => [
    part(input, output, 0, dimsOf(input) ?? []),
  ],
  Transpose: transpose,
  Expand: expand,
  ReduceSum: reduction('sum'),
  ReduceMax: reduction('max'),
  MatMul: matMul,
  TopK: topK,
};

/** More than memory has. */
const MOST_ELEMENTS = 2 ** 38;
const isPossible = (dims: Dims) =>
  dims.every((dim) => Number.isInteger(dim) && dim >= 0) && sizeOf(dims) <= MOST_ELEMENTS;

/** What a node is to the addon; undefined where it can't do it, or reads what isn't known. */
export function stepsOf(node: OnnxNode, known: KnownTensors): readonly Step[] | undefined {
  const name = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (!rule || attributeOf(node, 'axis')?.i?.toString().startsWith('-')) return undefined;
  const steps = rule(node, known).flatMap((step) => step ?? []);
  const isWhole =
    steps.length > 0 && steps.every(({ inputs }) => inputs.every((input) => known.dimsOf(input)));
  const fits = steps.every(({ outputs }) => outputs.every(({ dims }) => isPossible(dims)));
  return isWhole && fits ? steps : undefined;
}
