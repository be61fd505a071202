export { describeBijector } from './describe-bijector.ts';
export type { BijectorContractOptions } from './describe-bijector.ts';
export { logIntegral, squareQuadrature } from './quadrature.ts';
export type { Quadrature } from './quadrature.ts';
