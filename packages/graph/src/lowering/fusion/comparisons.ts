import { broadcastNd, buildNd, reader } from '../../ndarray.ts';
import { operator } from '../../operator.ts';
import { broadcastShapes } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import type { Rule } from '../../rewrite/rewrite.ts';
import { spaceOf } from './space.ts';

// Values in a fused operator are float32. So that comparisons can be in one, they and what chooses by them have a form in
// float32, which programs get after they have been differentiated.

function floatComparison(name: string, onnx: string, holds: (x: number, y: number) => boolean) {
  const apply = operator<readonly [Tensor, Tensor]>({
    name,
    shape: ([x, y]) => [{ dtype: 'float32', shape: broadcastShapes(name, x.shape, y.shape) }],
    value: ([x, y]) => {
      const [left, right] = [reader(x), reader(y)];
      const shape = broadcastNd(x.shape, y.shape);
      return [buildNd('float32', shape, (at) => (holds(left(at), right(at)) ? 1 : 0))];
    },
    vjp: 'none',
    // 1 is ONNX's code for float32.
    onnx: ([x, y], _, emit) => [emit.node('Cast', [emit.node(onnx, [x, y])], { to: 1n })],
    tfjs: 'none',
  });
  return (x: Tensor, y: Tensor): Tensor => apply([x, y], {})[0];
}

const isGreater = floatComparison('isGreater', 'Greater', (x, y) => x > y);
const isEqual = floatComparison('isEqual', 'Equal', (x, y) => x === y);

const selectOperator = operator<readonly [condition: Tensor, x: Tensor, y: Tensor]>({
  name: 'select',
  shape: ([condition, x, y]) => {
    const branches = broadcastShapes('select', x.shape, y.shape);
    return [{ dtype: 'float32', shape: broadcastShapes('select', condition.shape, branches) }];
  },
  value: ([condition, x, y]) => {
    const [test, left, right] = [reader(condition), reader(x), reader(y)];
    const shape = broadcastNd(condition.shape, x.shape, y.shape);
    return [buildNd('float32', shape, (at) => (test(at) === 0 ? right(at) : left(at)))];
  },
  vjp: 'none',
  // 9 is ONNX's code for bool.
  onnx: ([condition, x, y], _, emit) => [
    emit.node('Where', [emit.node('Cast', [condition], { to: 9n }), x, y]),
  ],
  tfjs: 'none',
});

/** A comparison of float32 as 0 or 1 in float32; undefined if it is none. */
function inFloat32({ node }: Tensor): Tensor | undefined {
  const [x, y] = node.inputs;
  if (node.kind !== 'operator' || x?.dtype !== 'float32' || !y) return undefined;
  if (node.operator === 'greater') return isGreater(x, y);
  if (node.operator === 'less') return isGreater(y, x);
  return node.operator === 'equal' ? isEqual(x, y) : undefined;
}

/** Comparisons that become numbers, or choose between numbers, in float32, where a fused operator could compute them. */
export const comparisonInFloat32: Rule = {
  operators: ['toFloat', 'where'],
  replace: ({ operator: name, outputs: [output] }, [condition, x, y]) => {
    if (!condition || !output || !spaceOf(output.shape)) return undefined;
    if (name === 'toFloat') return inFloat32(condition);
    if (x?.dtype !== 'float32' || !y) return undefined;
    const test = inFloat32(condition);
    return test && selectOperator([test, x, y], {})[0];
  },
};
