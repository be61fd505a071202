/**
 * What is said where an agent computes on onnxruntime because the fused engine can't be loaded.
 *
 * @param problem why it can't, and what to do
 */
export const withoutFused = (problem: string): string =>
  // The processor's time of an update with one thread at (17, 6), batch 256: MEow 0.56, TD3 0.75, SAC 0.80.
  `updates would take 0.6 to 0.8 of the time on the fused engine, @meow-rl/onnxruntime-fused, but ${problem}`;
