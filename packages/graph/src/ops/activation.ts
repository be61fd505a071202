import { ShapeError } from '../errors.ts';
import { broadcastNd, buildNd, reader } from '../ndarray.ts';
import { operator } from '../operator.ts';
import { broadcastsTo, formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { add, div, mul, neg, sub } from './arithmetic.ts';
import { greater, less, toFloat } from './compare.ts';
import { sumTo } from './reduce.ts';
import { unary } from './unary.ts';

const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

/** Exponential, element by element: `y = eˣ`. */
export const exp = unary({
  name: 'exp',
  onnx: 'Exp',
  tfjs: 'Exp',
  value: Math.exp,
  vjp: (dy, { y }) => mul(dy, y),
});

/** Natural logarithm, element by element. NaN below 0. */
export const log = unary({
  name: 'log',
  onnx: 'Log',
  tfjs: 'Log',
  value: Math.log,
  vjp: (dy, { x }) => div(dy, x),
});

/** Square root, element by element. NaN below 0; the gradient at 0 is infinite. */
export const sqrt = unary({
  name: 'sqrt',
  onnx: 'Sqrt',
  tfjs: 'Sqrt',
  value: Math.sqrt,
  vjp: (dy, { y }) => div(dy, mul(2, y)),
});

/** `1 / x`, element by element. */
export const reciprocal = unary({
  name: 'reciprocal',
  onnx: 'Reciprocal',
  tfjs: 'Reciprocal',
  value: (x) => 1 / x,
  vjp: (dy, { y }) => neg(mul(dy, mul(y, y))),
});

/** `|x|`, element by element; its gradient at 0 is 0. */
export const abs = unary({
  name: 'abs',
  onnx: 'Abs',
  tfjs: 'Abs',
  value: Math.abs,
  vjp: (dy, { x }) => mul(dy, sub(toFloat(greater(x, 0)), toFloat(less(x, 0)))),
});

/** Hyperbolic tangent, element by element. */
export const tanh = unary({
  name: 'tanh',
  onnx: 'Tanh',
  tfjs: 'Tanh',
  value: Math.tanh,
  vjp: (dy, { y }) => mul(dy, sub(1, mul(y, y))),
});

/** Inverse hyperbolic tangent, element by element: `y = ½ log((1 + x) / (1 − x))`, finite inside (−1, 1). */
export const atanh = unary({
  name: 'atanh',
  onnx: 'Atanh',
  tfjs: 'Atanh',
  value: Math.atanh,
  vjp: (dy, { x }) => div(dy, sub(1, mul(x, x))),
});

/** Logistic function, element by element: `y = 1 / (1 + e⁻ˣ)`. */
export const sigmoid = unary({
  name: 'sigmoid',
  onnx: 'Sigmoid',
  tfjs: 'Sigmoid',
  value: logistic,
  vjp: (dy, { y }) => mul(dy, mul(y, sub(1, y))),
});

/** `log(1 + eˣ)`, element by element, without overflow. */
export const softplus = unary({
  name: 'softplus',
  onnx: 'Softplus',
  tfjs: 'Softplus',
  value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  vjp: (dy, { x }) => mul(dy, sigmoid(x)),
});

/** `max(x, 0)`, element by element; its gradient at 0 is 0. */
export const relu = unary({
  name: 'relu',
  onnx: 'Relu',
  tfjs: 'Relu',
  value: (x) => (Number.isNaN(x) ? x : Math.max(x, 0)),
  // By y instead of x, which then nothing else needs: an engine may put its result where x was.
  vjp: (dy, { y }) => mul(dy, toFloat(greater(y, 0))),
});

const swishOperator = operator<
  readonly [x: Tensor, beta: Tensor, ...mask: readonly Tensor[]],
  Record<never, never>,
  readonly [y: Tensor, gate: Tensor, ...open: readonly Tensor[]]
>({
  name: 'swish',
  shape: ([x, beta, ...masks]) => {
    const types = [x, beta, ...masks].map(({ dtype }) => dtype);
    if (types.some((dtype) => dtype !== 'float32'))
      throw new ShapeError(
        `swish: expected ${enumerate(types.map(() => 'float32'))}, got ${enumerate(types)}.`,
      );
    for (const [name, factor] of [['beta', beta] as const, ...masks.map((mask) => ['mask', mask] as const)])
      if (!broadcastsTo(factor.shape, x.shape))
        throw new ShapeError(
          `swish: ${name} ${formatShape(factor.shape)} does not broadcast to x ${formatShape(x.shape)}. Give one ${name} per unit.`,
        );
    const type = { dtype: 'float32', shape: x.shape } as const;
    return [type, type, ...masks.map(() => type)];
  },
  value: ([x, beta, ...masks]) => {
    const [input, slope] = [reader(x), reader(beta)];
    const gate = buildNd('float32', broadcastNd(x.shape, beta.shape), (at) =>
      logistic(slope(at) * input(at)),
    );
    const opens = masks.map((mask) => {
      const [gateAt, factor] = [reader(gate), reader(mask)];
      return buildNd('float32', gate.shape, (at) => gateAt(at) * factor(at));
    });
    const open = opens[0] ?? gate;
    return [{ ...open, data: open.data.map((o, i) => o * (x.data[i] ?? 0)) }, gate, ...opens];
  },
  // y = x o with o = m g, g = σ(βx), m = 1 without a mask. With w = y(1 − g), dy/dx = o + βw and dy/dβ = xw: one pass fewer
  // than the chain of its parts, and none for the mask.
  vjp: ([dy, dGate, dOpen], { inputs: [x, beta, ...masks], outputs: [y, gate, open = gate] }) => {
    const through = [
      dy && mul(dy, sub(y, mul(y, gate))),
      dGate && mul(dGate, sub(gate, mul(gate, gate))),
      dOpen && mul(dOpen, sub(open, mul(open, gate))),
    ].reduce((sum, term) => (sum && term ? add(sum, term) : (sum ?? term)), undefined);
    const none = masks.map(() => undefined);
    if (!through) return [undefined, undefined, ...none];
    const direct = mul(through, beta);
    return [dy ? add(mul(dy, open), direct) : direct, sumTo(mul(through, x), beta.shape), ...none];
  },
  onnx: ([x, beta, ...masks], _, emit) => {
    const gate = emit.node('Sigmoid', [emit.node('Mul', [x, beta])]);
    const opens = masks.map((mask) => emit.node('Mul', [gate, mask]));
    return [emit.node('Mul', [x, opens[0] ?? gate]), gate, ...opens];
  },
  tfjs: ([x, beta, ...masks], _, emit) => {
    const gate = emit.kernel('Sigmoid', { x: emit.kernel('Multiply', { a: x, b: beta }) });
    const opens = masks.map((mask) => emit.kernel('Multiply', { a: gate, b: mask }));
    return [emit.kernel('Multiply', { a: x, b: opens[0] ?? gate }), gate, ...opens];
  },
});

/** `a and b`, `a, b and c`. */
const enumerate = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;

/**
 * Swish with a slope per unit, times a mask if there is one: `y = x · σ(β x) · m`.
 *
 * @param beta the slope, broadcasts to `x`
 * @param mask m, broadcasts to `x`, held constant in differentiation; dropped units have 0. Given here instead of multiplied
 *   afterwards it costs nothing in the gradient
 * @throws ShapeError if one does not
 *
 * Reference: Ramachandran et al., Searching for Activation Functions (2017), section 4.
 */
export const swish = (x: Tensor, beta: Tensor, mask?: Tensor): Tensor =>
  swishOperator(mask ? [x, beta, mask] : [x, beta], {})[0];
