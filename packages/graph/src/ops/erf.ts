import { exp } from './activation.ts';
import { mul, neg } from './arithmetic.ts';
import { unary } from './unary.ts';

/** 2 / √π, the slope of the error function at 0. */
const SLOPE = 2 / Math.sqrt(Math.PI);

/** From here on the error function is 1 to float64's last bit. */
const FLAT = 6;

/** `2/√π e^(−x²) Σ 2ⁿ x^(2n + 1) / (2n + 1)!!`, whose terms all have one sign. Reference: Abramowitz and Stegun, 7.1.6. */
function errorFunction(x: number): number {
  if (!(Math.abs(x) < FLAT)) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; total + term !== total; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return SLOPE * Math.exp(-x * x) * total;
}

/** Error function, element by element: `y = 2/√π ∫₀ˣ e^(−t²) dt`. */
export const erf = unary({
  name: 'erf',
  onnx: 'Erf',
  tfjs: 'Erf',
  value: errorFunction,
  vjp: (dy, { x }) => mul(dy, mul(SLOPE, exp(neg(mul(x, x))))),
});
