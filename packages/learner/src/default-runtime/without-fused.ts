/**
 * What is said where an agent computes on onnxruntime because the fused engine can't be loaded.
 *
 * @param problem why it can't, and what to do
 */
export const withoutFused = (problem: string): string =>
  // Measured with one thread at (17, 6), batch 256, MEow and SAC: docs/performance.md.
  `updates would take about 0.6 of the time on the fused engine, @meow-rl/onnxruntime-fused, but ${problem}`;
