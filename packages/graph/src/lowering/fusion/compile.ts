import { isUniform, tensorKey } from '../../constant-key.ts';
import { isStatic } from '../../shape.ts';
import { constant } from '../../tensor.ts';
import type { Node, Tensor } from '../../tensor.ts';
import { assignRegisters } from './registers.ts';
import { inputKind, instruction, NONE, outputKind } from './instructions.ts';
import type {
  FusedAttributes,
  InputKind,
  Instruction,
  InstructionName,
  OutputKind,
  Value,
} from './instructions.ts';
import { inputsOf, kindIn } from './space.ts';
import type { Space } from './space.ts';

/** What a fused operator is made of. */
interface Compiled {
  readonly inputs: readonly Tensor[];
  readonly attributes: FusedAttributes;
  /** Element-wise operations in it, more than its instructions where some were put together. */
  readonly operations: number;
}

/** What is read in place of a tensor: only the order of its elements matters, and repeated rows come free. */
function source(tensor: Tensor, space: Space): Tensor {
  const reshaped = inputsOf(tensor, 'reshape')?.[0];
  if (reshaped) return source(reshaped, space);
  const parts = inputsOf(tensor, 'concat') ?? [];
  const [first] = parts;
  const { node } = tensor;
  const isRepeated =
    node.kind === 'operator' && node.attributes['axis'] === 0 && parts.every((part) => part === first);
  // Whole rows repeat, not parts of one.
  const isMatrix = tensor.shape.length === 2 && kindIn(space, tensor.shape) === 'full';
  return first && isRepeated && isMatrix ? source(first, space) : tensor;
}

/** The row that a constant matrix repeats, if it does: it is expanded once, a matrix would be read again and again. */
function repeatedRow({ node, dtype, shape }: Tensor, { rows, columns }: Space): Tensor | undefined {
  if (node.kind !== 'constant' || shape.length !== 2 || rows < 2 || node.data.length !== rows * columns)
    return undefined;
  const { data } = node;
  for (let i = columns; i < data.length; i++) if (!Object.is(data[i], data[i - columns])) return undefined;
  return constant(
    Array.from({ length: columns }, (_, i) => data[i] ?? 0),
    [columns],
    dtype,
  );
}

const isOverRows = ({ inputs: [matrix], attributes }: Node & { kind: 'operator' }): boolean => {
  const axes = attributes['axes'];
  return Array.isArray(axes) && axes[0] === 0 && matrix?.shape.length === 2;
};

/** Adds an instruction; its result is a new value unless a target is given. */
type Emit = (name: InstructionName, sources: readonly Value[], target?: Value) => Value;

/**
 * `max(x, 0) + log(1 + u)` with `u = exp(−|x|)`. What rounding 1 + u lost is made up for: `log(1 + u) = u log(w) / (w − 1)`, w being the
 * rounded sum, and u itself where w is 1.
 *
 * Reference: Higham, Accuracy and Stability of Numerical Algorithms (2002), section 1.14.1.
 */
function emitSoftplus(emit: Emit, constantOf: (value: number) => Value, x: Value, target: Value): void {
  const one = constantOf(1);
  const u = emit('exp', [emit('neg', [emit('abs', [x])])]);
  const w = emit('add', [u, one]);
  const kept = emit('sub', [w, one]);
  const corrected = emit('mul', [u, emit('div', [emit('log', [w]), kept])]);
  const log1p = emit('select', [kept, corrected, u]);
  emit('add', [emit('maximum', [x, constantOf(0)]), log1p], target);
}

/** Translates nodes, inputs first, into instructions. */
function translate(
  nodes: readonly Node[],
  valueOf: (tensor: Tensor) => Value,
  rowOf: (column: Tensor) => Value,
  constantOf: (value: number) => Value,
): Instruction[] {
  const list: Instruction[] = [];
  const emit: Emit = (name, sources, target = {}) => {
    list.push({ name, sources, target });
    return target;
  };
  for (const node of nodes) {
    if (node.kind !== 'operator') continue;
    // What a matrix is multiplied with lies along its rows.
    const [x = {}, y = {}, mask] = node.inputs.map((input, i) =>
      node.operator === 'matmul' && i === 1 ? rowOf(input) : valueOf(input),
    );
    const [first = {}, second = {}, third] = node.outputs.map(valueOf);
    if (node.operator === 'swish') {
      const gate = emit('sigmoid', [emit('mul', [x, y])], second);
      emit('mul', [x, mask && third ? emit('mul', [gate, mask], third) : gate], first);
    } else if (node.operator === 'standardize')
      list.push({
        name: 'standardize',
        sources: [x, constantOf(Number(node.attributes['epsilon']))],
        target: first,
        second,
      });
    else if (node.operator === 'clip') {
      const { low, high } = node.attributes;
      emit('minimum', [emit('maximum', [x, constantOf(Number(low))]), constantOf(Number(high))], first);
    } else if (node.operator === 'relu') emit('maximum', [x, constantOf(0)], first);
    else if (node.operator === 'softplus') emitSoftplus(emit, constantOf, x, first);
    else if (node.operator === 'matmul') emit('rowSum', [emit('mul', [x, y])], first);
    else if (node.operator === 'sum') emit(isOverRows(node) ? 'sumRows' : 'rowSum', [x], first);
    else emit(instructionName(node.operator), node.inputs.map(valueOf), first);
  }
  return list;
}

function instructionName(operator: string): InstructionName {
  if (!Object.hasOwn(instruction, operator)) throw new RangeError(`fused: no instruction for ${operator}.`);
  return operator as InstructionName;
}

/** Leaves out instructions whose targets nothing reads. */
function withoutDead(list: readonly Instruction[], results: ReadonlySet<Value>): readonly Instruction[] {
  const live = new Set(results);
  const kept: Instruction[] = [];
  for (const step of list.toReversed()) {
    if (!live.has(step.target) && !(step.second && live.has(step.second))) continue;
    kept.push(step);
    for (const value of step.sources) live.add(value);
  }
  return kept.toReversed();
}

/** What a product and the instruction that alone reads it are together, by which of its operands the product is. */
const withProduct: Readonly<Partial<Record<InstructionName, readonly InstructionName[]>>> = {
  add: ['mulAdd', 'mulAdd'],
  mul: ['mulMul', 'mulMul'],
  sub: ['mulSub', 'subMul'],
  rowSum: ['mulRowSum'],
  sumRows: ['mulSumRows'],
  sigmoid: ['mulSigmoid'],
};

/** Makes one instruction of a product and the only one that reads it: it need not be written and read. */
function withProducts(list: readonly Instruction[], results: ReadonlySet<Value>): readonly Instruction[] {
  const reads = new Map<Value, number>();
  for (const { sources } of list) for (const value of sources) reads.set(value, (reads.get(value) ?? 0) + 1);
  const products = new Map<Value, Instruction>();
  for (const step of list)
    if (step.name === 'mul' && reads.get(step.target) === 1 && !results.has(step.target))
      products.set(step.target, step);
  const taken = new Set<Instruction>();
  // Last ones first: a product that is part of another instruction cannot have one as part.
  const combined = list.toReversed().map((step): Instruction => {
    if (taken.has(step)) return step;
    const names = withProduct[step.name] ?? [];
    // The later one: its operands are more likely to be at hand.
    const at = step.sources.findLastIndex((value, i) => names[i] && products.has(value));
    const [name, value] = [names[at], step.sources[at]];
    const product = value && products.get(value);
    if (!name || !product) return step;
    taken.add(product);
    return { name, target: step.target, sources: [...product.sources, ...step.sources.toSpliced(at, 1)] };
  });
  return combined.toReversed().filter((step) => !taken.has(step));
}

/** How a result leaves the space. */
function outputKindOf({ node, shape }: Tensor, space: Space): OutputKind {
  if (node.kind === 'operator' && node.operator === 'sum' && isOverRows(node)) return 'row';
  if (node.kind === 'operator' && node.operator === 'sum') return 'column';
  return kindIn(space, shape) === 'full' ? 'full' : 'column';
}

/** Rows and columns make no difference to what only goes element by element. */
const rowBound: ReadonlySet<InstructionName> = new Set([
  'rowSum',
  'mulRowSum',
  'standardize',
  'sumRows',
  'mulSumRows',
  'first',
]);

/**
 * Writes the code of a fused operator.
 *
 * @param nodes what it computes, inputs first
 * @param results what others read of it, in the order of its outputs
 */
export function compile(space: Space, nodes: readonly Node[], results: readonly Tensor[]): Compiled {
  const computed = new Set(nodes);
  const inputs: { readonly tensor: Tensor; readonly kind: InputKind; readonly value: Value }[] = [];
  const read = (tensor: Tensor, kind: InputKind): Value => {
    const from = source(tensor, space);
    const key = tensorKey(from);
    const known = inputs.find((other) => other.kind === kind && tensorKey(other.tensor) === key);
    if (known) return known.value;
    const value: Value = {};
    inputs.push({ tensor: from, kind, value });
    return value;
  };
  const constants: { readonly number: number; readonly value: Value }[] = [];
  const constantOf = (number: number): Value => {
    // 0 and −0 are two: dividing by them gives different numbers.
    const known = constants.find((other) => Object.is(other.number, number));
    if (known) return known.value;
    const value: Value = {};
    constants.push({ number, value });
    return value;
  };
  const fromOutside = (tensor: Tensor): Value => {
    const { node, shape } = tensor;
    const number = node.kind === 'constant' && isUniform(node.data) ? node.data[0] : undefined;
    if (number !== undefined) return constantOf(number);
    const row = repeatedRow(tensor, space);
    return row ? read(row, 'row') : read(tensor, kindIn(space, shape) ?? 'full');
  };
  const values = new Map<Tensor, Value>();
  const valueOf = (tensor: Tensor): Value => {
    const value = values.get(tensor) ?? (computed.has(tensor.node) ? {} : fromOutside(tensor));
    values.set(tensor, value);
    return value;
  };
  const list = translate(nodes, valueOf, (column) => read(column, 'row'), constantOf);
  const kinds = results.map((tensor) => outputKindOf(tensor, space));
  const outputs = results.map((tensor, i): Value => {
    if (kinds[i] !== 'column') return valueOf(tensor);
    const target: Value = {};
    list.push({ name: 'first', sources: [valueOf(tensor)], target });
    return target;
  });
  const left = new Set(outputs);
  const needed = withoutDead(list, left);
  const code = withProducts(needed, left);
  const used = new Set(code.flatMap(({ sources }) => sources));
  const readInputs = inputs.filter(({ value }) => used.has(value));
  const readConstants = constants.filter(({ value }) => used.has(value));
  [...readInputs.map(({ value }) => value), ...outputs, ...readConstants.map(({ value }) => value)].forEach(
    (value, operand) => (value.operand = operand),
  );
  const isFlat =
    code.every(({ name }) => !rowBound.has(name)) &&
    readInputs.every(({ kind }) => kind === 'full' || kind === 'scalar');
  return {
    inputs: readInputs.map(({ tensor }) => tensor),
    operations: needed.length,
    attributes: {
      rows: isFlat ? space.rows * space.columns : space.rows,
      columns: isFlat ? 1 : space.columns,
      inputs: readInputs.map(({ kind }) => inputKind[kind]),
      outputs: kinds.map((kind) => outputKind[kind]),
      outputShapes: results.flatMap(({ shape }) => (isStatic(shape) ? [shape.length, ...shape] : [])),
      constants: readConstants.map(({ number }) => number),
      code: assignRegisters(code, readInputs.length + outputs.length + readConstants.length).flatMap(
        ({ name, target, sources: [a = NONE, b = NONE, c = NONE], second }) => [
          instruction[name],
          target,
          a,
          b,
          second === NONE ? c : second,
        ],
      ),
    },
  };
}
