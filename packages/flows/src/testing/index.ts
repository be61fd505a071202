export { compute, matrix, rowsOf } from './compute.ts';
export type { Given } from './compute.ts';
export { describeBijector } from './describe-bijector.ts';
export type { BijectorContractOptions, BijectorSubject } from './describe-bijector.ts';
export { expectClose, spreadOf } from './expect-close.ts';
export { logIntegral, squareQuadrature } from './quadrature.ts';
export type { Quadrature } from './quadrature.ts';
export { randomParameters, randomRows } from './random-values.ts';
