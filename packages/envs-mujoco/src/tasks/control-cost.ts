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

function sumOfSquaresFloat32(values: Float64Array): number {
  const square = (i: number) => {
    const x = Math.fround(entry(values, i));
    return Math.fround(x * x);
  };
  const n = values.length;
  if (n < 8) {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum = Math.fround(sum + square(i));
    return sum;
  }
  const sums = Float32Array.from({ length: 8 }, (_, i) => square(i));
  const whole = n - (n % 8);
  // Storing into a Float32Array rounds.
  for (let i = 8; i < whole; i += 1) sums[i % 8] = entry(sums, i % 8) + square(i);
  const pair = (i: number) => Math.fround(entry(sums, i) + entry(sums, i + 1));
  let sum = Math.fround(Math.fround(pair(0) + pair(2)) + Math.fround(pair(4) + pair(6)));
  for (let i = whole; i < n; i += 1) sum = Math.fround(sum + square(i));
  return sum;
}
