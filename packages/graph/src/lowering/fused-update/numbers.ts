import type { ScalarOperand, StepPlan } from './plan.ts';
import type { ScalarOperator } from './step-nodes.ts';

const OPERATORS: Readonly<Record<ScalarOperator, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  sqrt: (a) => Math.sqrt(a),
  neg: (a) => -a,
  minimum: (a, b) => Math.min(a, b),
  maximum: (a, b) => Math.max(a, b),
};

/**
 * Computes the numbers of a step, each rounded as float32 is.
 *
 * @param given those from outside
 * @param norms those of vectors
 * @returns what an operand is
 */
export function stepNumbers(
  { scalarOperations }: StepPlan,
  given: readonly number[],
  norms: readonly number[],
): (operand: ScalarOperand) => number {
  const results: number[] = [];
  const numbers = { given, norm: norms, result: results };
  const valueOf = (operand: ScalarOperand | undefined): number => {
    if (!operand) return Number.NaN;
    // Rounding a result of float64 to float32 gives what these operators give in float32.
    return Math.fround(
      operand.kind === 'constant' ? operand.value : (numbers[operand.kind][operand.index] ?? Number.NaN),
    );
  };
  for (const { operator, operands } of scalarOperations)
    results.push(Math.fround(OPERATORS[operator](valueOf(operands[0]), valueOf(operands[1]))));
  return valueOf;
}
