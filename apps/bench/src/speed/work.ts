import { topologicalOrder, optimize } from '@meow-rl/graph';
import type { OnnxEmitter, Program, Shape, Tensor } from '@meow-rl/graph';

/** What a program has to do in one run. */
export interface Work {
  /** Matrix products that it consists of. */
  readonly products: number;
  /** Floating-point operations of these: 2 · rows · columns · inner for each. */
  readonly flops: number;
  /** Bytes that any implementation must move: inputs and states read once, outputs and next states written once. */
  readonly compulsoryBytes: number;
  /** Bytes that operators read and write when each stands for itself. */
  readonly operatorBytes: number;
}

const BYTES = { float32: 4, int64: 8, bool: 1 } as const;

const sizeOf = (shape: Shape): number =>
  shape.reduce<number>((size, dim) => {
    if (typeof dim === 'string')
      throw new RangeError(`countWork: the axis ${dim} has no fixed length. Build the program for one.`);
    return size * dim;
  }, 1);

const bytesOf = ({ dtype, shape }: Tensor): number => BYTES[dtype] * sizeOf(shape);

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Counts the work of a program of fixed shapes, as it is after optimization. */
export function countWork(given: Program): Work {
  const program = optimize(given);
  const states = Object.values(program.state);
  const results = [...Object.values(program.outputs), ...states.flatMap(({ next }) => next ?? [])];
  let products = 0;
  let flops = 0;
  let operatorBytes = 0;
  for (const node of topologicalOrder(results)) {
    if (node.kind !== 'operator') continue;
    operatorBytes += total([...node.inputs, ...node.outputs].map(bytesOf));
    const names = node.inputs.map((_, i) => `input${i}`);
    const shapes = new Map(node.inputs.map(({ shape }, i) => [`input${i}`, shape]));
    const size = Math.max(0, ...node.outputs.map(({ shape }) => sizeOf(shape)));
    node.kernel.onnx(
      names,
      productRecorder(shapes, (inner) => {
        products += 1;
        flops += 2 * size * inner;
      }),
    );
  }
  const compulsory = [...Object.values(program.inputs), ...states.map(({ value }) => value), ...results];
  return { products, flops, operatorBytes, compulsoryBytes: total(compulsory.map(bytesOf)) };
}

/** The work of programs that run one after the other. */
export const addWork = (programs: readonly Work[]): Work => ({
  products: total(programs.map(({ products }) => products)),
  flops: total(programs.map(({ flops }) => flops)),
  compulsoryBytes: total(programs.map(({ compulsoryBytes }) => compulsoryBytes)),
  operatorBytes: total(programs.map(({ operatorBytes }) => operatorBytes)),
});

/** Listens to an operator writing itself as ONNX, and reports the inner length of each matrix product. */
function productRecorder(shapes: Map<string, Shape>, onProduct: (inner: number) => void): OnnxEmitter {
  let made = 0;
  const constant: OnnxEmitter['constant'] = (_, shape) => {
    const name = `constant${made++}`;
    shapes.set(name, shape);
    return name;
  };
  const nodeWithOutputs: OnnxEmitter['nodeWithOutputs'] = (type, inputs, outputs, attributes = {}) => {
    if (type === 'Gemm' || type === 'MatMul') {
      const [left, right] = inputs.map((name) => shapes.get(name));
      const inner = left
        ? attributes['transA'] === 1n
          ? left[0]
          : left.at(-1)
        : attributes['transB'] === 1n
          ? right?.at(-1)
          : right?.[0];
      if (typeof inner !== 'number')
        throw new RangeError(`countWork: the inner length of a ${type} is unknown.`);
      onProduct(inner);
    }
    return Array.from({ length: outputs }, () => `node${made++}`);
  };
  return {
    constant,
    nodeWithOutputs,
    node: (type, inputs, attributes) => nodeWithOutputs(type, inputs, 1, attributes)[0] ?? '',
    integers: (values) => constant(values, [values.length]),
  };
}
