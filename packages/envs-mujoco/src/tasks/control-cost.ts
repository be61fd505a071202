import { entry } from './common.ts';

/**
 * `weight · Σ aᵢ²` in float32, with the additions in NumPy's order.
 *
 * Gymnasium's actions are float32 and so is what it computes from them, which differs from float64 in the eighth digit.
 * NumPy adds fewer than eight numbers one by one, and up to 128 in eight interleaved sums.
 */
export function controlCost(weight: number, action: Float64Array): number {
  return Math.fround(Math.fround(weight) * sumOfSquaresFloat32(action));
}

// Used within one call only. Storing into it rounds.
const sums = new Float32Array(8);

function sumOfSquaresFloat32(values: Float64Array): number {
  const n = values.length;
  const whole = n < 8 ? 0 : n - (n % 8);
  let sum = 0;
  if (whole > 0) {
    for (let i = 0; i < 8; i += 1) sums[i] = square(values, i);
    for (let i = 8; i < whole; i += 1) sums[i % 8] = entry(sums, i % 8) + square(values, i);
    sum = Math.fround(Math.fround(pair(0) + pair(2)) + Math.fround(pair(4) + pair(6)));
  }
  for (let i = whole; i < n; i += 1) sum = Math.fround(sum + square(values, i));
  return sum;
}

const pair = (i: number) => Math.fround(entry(sums, i) + entry(sums, i + 1));

const square = (values: Float64Array, i: number) => {
  const x = Math.fround(entry(values, i));
  return Math.fround(x * x);
};
