export { compute, matrix, rowsOf } from './compute.ts';
export type { Given } from './compute.ts';
export { expectClose, spreadOf } from './expect-close.ts';
export { randomParameters, randomRows } from './random-values.ts';
