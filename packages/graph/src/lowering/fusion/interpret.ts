import { inputKind, instruction, INSTRUCTION_LENGTH, outputKind } from './instructions.ts';
import type { FusedAttributes } from './instructions.ts';

const nanAware = (choose: (x: number, y: number) => number) => (x: number, y: number) =>
  Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : choose(x, y);

const binary: Readonly<Record<number, (x: number, y: number) => number>> = {
  [instruction.add]: (x, y) => x + y,
  [instruction.sub]: (x, y) => x - y,
  [instruction.mul]: (x, y) => x * y,
  [instruction.div]: (x, y) => x / y,
  [instruction.minimum]: nanAware(Math.min),
  [instruction.maximum]: nanAware(Math.max),
  [instruction.isGreater]: (x, y) => (x > y ? 1 : 0),
  [instruction.isEqual]: (x, y) => (x === y ? 1 : 0),
};

const unary: Readonly<Record<number, (x: number) => number>> = {
  [instruction.neg]: (x) => -x,
  [instruction.exp]: Math.exp,
  [instruction.log]: Math.log,
  [instruction.sqrt]: Math.sqrt,
  [instruction.abs]: Math.abs,
  [instruction.sigmoid]: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  [instruction.reciprocal]: (x) => 1 / x,
  [instruction.tanh]: Math.tanh,
  [instruction.atanh]: Math.atanh,
};

const ternary: Readonly<Record<number, (x: number, y: number, z: number) => number>> = {
  [instruction.mulAdd]: (x, y, z) => x * y + z,
  [instruction.mulSub]: (x, y, z) => x * y - z,
  [instruction.subMul]: (x, y, z) => z - x * y,
  [instruction.mulMul]: (x, y, z) => x * y * z,
  [instruction.select]: (x, y, z) => (x === 0 ? z : y),
};

/** What is done with products of two operands. */
const ofProducts: Readonly<Record<number, number>> = {
  [instruction.mulRowSum]: instruction.rowSum,
  [instruction.mulSumRows]: instruction.sumRows,
  [instruction.mulSigmoid]: instruction.sigmoid,
};

/** The matrix that an input stands for. */
function expand(data: Float64Array, kind: number | undefined, rows: number, columns: number): Float64Array {
  const size = rows * columns;
  if (kind === inputKind.row) return Float64Array.from({ length: size }, (_, i) => data[i % columns] ?? 0);
  if (kind === inputKind.column)
    return Float64Array.from({ length: size }, (_, i) => data[Math.floor(i / columns)] ?? 0);
  if (kind === inputKind.scalar) return new Float64Array(size).fill(data[0] ?? 0);
  return Float64Array.from({ length: size }, (_, i) => data[i % data.length] ?? 0);
}

/** The plain meaning of a fused operator's code, in float64: instruction by instruction over whole matrices. */
export function interpret(
  inputs: readonly Float64Array[],
  { rows, columns, inputs: kinds, outputs, constants, code }: FusedAttributes,
): readonly Float64Array[] {
  const size = rows * columns;
  const blank = () => new Float64Array(size);
  const values: Float64Array[] = [
    ...inputs.map((data, i) => expand(data, kinds[i], rows, columns)),
    ...outputs.map(blank),
    ...constants.map((value) => blank().fill(value)),
  ];
  const read = (operand: number): Float64Array => (values[operand] ??= blank());
  const eachRow = (x: Float64Array, visit: (row: Float64Array, start: number) => void): void => {
    for (let start = 0; start < size; start += columns) visit(x.subarray(start, start + columns), start);
  };
  for (let at = 0; at < code.length; at += INSTRUCTION_LENGTH) {
    const [number = 0, target = 0, a = 0, b = 0, c = 0] = code.slice(at, at + INSTRUCTION_LENGTH);
    const operation = ofProducts[number] ?? number;
    const to = read(target);
    const x = operation === number ? read(a) : read(a).map((entry, i) => entry * (read(b)[i] ?? 0));
    const [pair, single, triple] = [binary[operation], unary[operation], ternary[operation]];
    if (pair) {
      const y = read(b);
      values[target] = x.map((entry, i) => pair(entry, y[i] ?? 0));
    } else if (triple) {
      const [y, z] = [read(b), read(c)];
      values[target] = x.map((entry, i) => triple(entry, y[i] ?? 0, z[i] ?? 0));
    } else if (single) values[target] = x.map(single);
    else if (operation === instruction.rowSum)
      eachRow(x, (row, start) =>
        to.fill(
          row.reduce((total, entry) => total + entry, 0),
          start,
          start + columns,
        ),
      );
    else if (operation === instruction.standardize) {
      const epsilon = read(b)[0] ?? 0;
      const second = c < 0 ? blank() : read(c);
      eachRow(x, (row, start) => {
        const mean = row.reduce((total, entry) => total + entry, 0) / columns;
        const variance = row.reduce((total, entry) => total + (entry - mean) ** 2, 0) / columns;
        const scale = 1 / Math.sqrt(variance + epsilon);
        to.set(
          row.map((entry) => (entry - mean) * scale),
          start,
        );
        second.fill(scale, start, start + columns);
      });
    } else if (operation === instruction.sumRows)
      x.forEach((entry, i) => (to[i % columns] = (to[i % columns] ?? 0) + entry));
    else if (operation === instruction.first)
      for (let row = 0; row < rows; row++) to[row] = x[row * columns] ?? 0;
    else throw new RangeError(`fused: ${operation} is not an instruction.`);
  }
  return outputs.map((kind, i) => {
    const value = values[inputs.length + i] ?? blank();
    if (kind === outputKind.row) return value.slice(0, columns);
    return kind === outputKind.column ? value.slice(0, rows) : value;
  });
}
