import { DataError } from '../errors.ts';
import { evaluate } from '../evaluate.ts';
import type { NdArray } from '../ndarray.ts';
import { entries, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { bindAxes, resolveShape } from '../runtime.ts';
import type { Executable, LoadOptions, Runtime } from '../runtime.ts';
import { floatsAt } from '../shared-vector.ts';
import { storeRegistry } from '../state-store.ts';
import type { FloatArray } from '../state-store.ts';
import type { Tensor } from '../tensor.ts';

const { createState, bind } = storeRegistry<FloatArray>(
  'reference',
  ({ initial }, shared) => (shared ? floatsAt(shared) : Float64Array.from(initial)),
  { numbersOf: (array) => array, write: (array, numbers) => array.set(numbers) },
);

/** A program on the reference runtime. Every value is float64, whatever its dtype. */
function load<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  { state }: LoadOptions,
): Executable<I, S, O> {
  const { store, valueIn } = bind(program, state);
  let disposed = false;
  const executable: Executable<I, S, O> = {
    run: async (inputs) => {
      if (disposed) throw new DataError('the executable was disposed of.');
      const axes = bindAxes(program, inputs);
      const leaf = ({ node, dtype, shape }: Tensor): NdArray => {
        const name = node.kind === 'input' || node.kind === 'state' ? node.name : '';
        const given: Readonly<Record<string, ArrayLike<number>>> = inputs;
        const data = node.kind === 'input' ? given[name] : valueIn(name);
        return { dtype, shape: resolveShape(shape, axes) ?? [], data: Float64Array.from(data ?? []) };
      };
      const values = evaluate(resultsOf(program), leaf);
      const names = Object.keys(program.outputs);
      const outputs = Object.fromEntries(names.map((name, i) => [name, values[i]?.data]));
      const changed = entries(program.state).filter(([, { next }]) => next !== undefined);
      changed.forEach(([name], i) => {
        valueIn(name).set(values[names.length + i]?.data ?? []);
      });
      return outputs as Record<O, Float64Array>;
    },
    state: store,
    dispose: async () => {
      disposed = true;
    },
  };
  return executable;
}

/**
 * A runtime in plain TypeScript and float64: slow and obviously right. It is the oracle of the tests.
 */
export const referenceRuntime: Runtime = {
  name: 'reference',
  createState,
  load: async (program, options = {}) => load(program, options),
};
