import { program, referenceRuntime } from '@meow-rl/graph';
import type { Runtime, Shape, Tensor } from '@meow-rl/graph';

/** Values for a graph's input. Axis names in the shape stay dynamic. */
export interface Given {
  readonly shape: Shape;
  readonly data: readonly number[];
}

/** Rows of equal length as an input of known shape. */
export const matrix = (rows: readonly (readonly number[])[]): Given => ({
  shape: [rows.length, rows[0]?.length ?? 0],
  data: rows.flat(),
});

/** A flat result cut into rows. */
export const rowsOf = (flat: readonly number[], width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));

/** Builds a graph on inputs and runs it once. */
export async function compute<I extends string, O extends string>(
  given: Readonly<Record<I, Given>>,
  build: (inputs: Readonly<Record<I, Tensor>>) => Readonly<Record<O, Tensor>>,
  runtime: Runtime = referenceRuntime,
): Promise<Record<O, number[]>> {
  const computed = program({ inputs: given, state: {} }, (inputs) => ({ outputs: build(inputs) }));
  const executable = await runtime.load(computed);
  const data = Object.fromEntries(Object.entries<Given>(given).map(([name, { data }]) => [name, data]));
  const results = await executable.run(data as Record<I, readonly number[]>);
  await executable.dispose();
  return Object.fromEntries(
    Object.entries<ArrayLike<number>>(results).map(([name, values]) => [name, Array.from(values)]),
  ) as Record<O, number[]>;
}
