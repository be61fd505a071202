import { referenceRuntime } from '../runtimes/reference.ts';
import { inputsOf, programOf } from './case.ts';
import type { CaseInput, OperatorCase } from './case.ts';

/** Step of the central differences: their error is about the square of it, rounding adds 1e-16 over it. */
const STEP = 1e-5;

/**
 * Gradient of `Σ outputs · cotangents` by each input that is not held, one after the other, by central differences in
 * float64.
 */
export async function finiteDifferences(
  operatorCase: OperatorCase,
  cotangents: readonly CaseInput[],
): Promise<readonly number[]> {
  const executable = await referenceRuntime.load(programOf(operatorCase));
  const weights = cotangents.flatMap(({ data }) => data);
  const inputs = inputsOf(operatorCase);
  const total = async (name: string, at: number, step: number): Promise<number> => {
    const data = inputs[name] ?? [];
    const moved = data.map((value, i) => (i === at ? value + step : value));
    const outputs = await executable.run({ ...inputs, [name]: moved });
    const values = Object.values(outputs).flatMap((values) => Array.from(values));
    return values.reduce((sum, value, i) => sum + value * (weights[i] ?? Number.NaN), 0);
  };
  const slopes: number[] = [];
  for (const [index, { data, held }] of operatorCase.inputs.entries()) {
    if (held) continue;
    const name = `x${index}`;
    for (const at of data.keys())
      slopes.push(((await total(name, at, STEP)) - (await total(name, at, -STEP))) / (2 * STEP));
  }
  return slopes;
}
