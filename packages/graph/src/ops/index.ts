export {
  abs,
  atanh,
  exp,
  log,
  reciprocal,
  relu,
  sigmoid,
  softplus,
  sqrt,
  swish,
  tanh,
} from './activation.ts';
export { add, div, maximum, minimum, mul, neg, square, sub } from './arithmetic.ts';
export { clip } from './clip.ts';
export { equal, greater, less, toFloat, where } from './compare.ts';
export { erf } from './erf.ts';
export { kthSmallest } from './kth-smallest.ts';
export type { KthSmallestOptions } from './kth-smallest.ts';
export { reshape, stopGradient, transpose } from './layout.ts';
export { linear, matmul } from './matmul.ts';
export { logSumExp, max, mean } from './max.ts';
export { layerNorm, standardize } from './normalize.ts';
export { concat, pad, slice, split } from './partition.ts';
export type { PadOptions, SliceOptions } from './partition.ts';
export { elementCount, expandAs, sum, sumTo } from './reduce.ts';
export type { ReduceOptions } from './reduce.ts';
export { unwindow, window } from './window.ts';
