import type * as ops from '../ops/index.ts';
import type { OperatorCase } from './case.ts';
import { activationCases } from './cases/activation.ts';
import { arithmeticCases } from './cases/arithmetic.ts';
import { compareCases } from './cases/compare.ts';
import { layoutCases } from './cases/layout.ts';
import { matrixCases } from './cases/matrix.ts';
import { reduceCases } from './cases/reduce.ts';

/** Every operator with its cases. An operator that has none is a type error here. */
export const operatorCases: Readonly<Record<keyof typeof ops, readonly OperatorCase[]>> = {
  ...activationCases,
  ...arithmeticCases,
  ...compareCases,
  ...layoutCases,
  ...matrixCases,
  ...reduceCases,
};
