import { DataError } from '../errors.ts';
import type { NdArray } from '../ndarray.ts';
import { floatsAt } from '../place.ts';
import { entries, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { bindAxes, checkPlaces, checkSharedShape, checkStateValue, resolveShape } from '../runtime.ts';
import type { Executable, LoadOptions, Runtime } from '../runtime.ts';
import type { ConstantNode, Node, Shape, Tensor } from '../tensor.ts';
import { nodesBehind } from '../traverse.ts';

/** Where an executable keeps its state: cells that executables may share. */
interface Cell {
  readonly shape: Shape;
  value: Float64Array | Float32Array;
}

const cells = new WeakMap<object, Map<string, Cell>>();

const evaluateConstant = ({ data, outputs: [tensor] }: ConstantNode): NdArray => ({
  dtype: tensor?.dtype ?? 'float32',
  shape: resolveShape(tensor?.shape ?? [], new Map()) ?? [],
  data: Float64Array.from(data),
});

/**
 * Evaluates tensors in float64 by walking the graph node by node.
 *
 * @param leaf gives the value of an input or state
 */
export function evaluate(tensors: readonly Tensor[], leaf: (tensor: Tensor) => NdArray): NdArray[] {
  const results = new Map<Node, readonly NdArray[]>();
  const valueOf = ({ node, index }: Tensor): NdArray => {
    const value = results.get(node)?.[index];
    if (!value) throw new DataError(`reference: node ${node.id} was read before it was computed`);
    return value;
  };
  for (const node of nodesBehind(tensors)) {
    if (node.kind === 'operator') results.set(node, node.kernel.value(node.inputs.map(valueOf)));
    else if (node.kind === 'constant') results.set(node, [evaluateConstant(node)]);
    else results.set(node, node.outputs.map(leaf));
  }
  return tensors.map(valueOf);
}

/** A program on the reference runtime. Every value is float64, whatever its dtype. */
function load<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  { stateFrom, places = {} }: LoadOptions,
): Executable<I, S, O> {
  checkPlaces(program, places);
  const shared = stateFrom ? cells.get(stateFrom) : undefined;
  if (stateFrom && !shared)
    throw new DataError(
      'stateFrom: the other executable was not loaded by reference. Load both by one runtime.',
    );
  const own = new Map(
    entries(program.state).map(([name, { shape, initial }]): [string, Cell] => {
      const place = places[name];
      if (place) return [name, { shape, value: floatsAt(place) }];
      const found = shared?.get(name);
      if (found) checkSharedShape(name, shape, found.shape);
      return [name, found ?? { shape, value: Float64Array.from(initial) }];
    }),
  );
  let disposed = false;
  const cell = (name: string): Cell => {
    const found = own.get(name);
    if (!found || disposed)
      throw new DataError(disposed ? 'the executable was disposed of.' : `unknown state ${name}.`);
    return found;
  };
  const replace = (name: string, values: ArrayLike<number>) => {
    const own = cell(name);
    // What lies at a place of the caller's stays there.
    if (places[name]) own.value.set(values);
    else own.value = Float64Array.from(values);
  };
  const executable: Executable<I, S, O> = {
    run: async (inputs) => {
      if (disposed) throw new DataError('the executable was disposed of.');
      const axes = bindAxes(program, inputs);
      const leaf = ({ node, dtype, shape }: Tensor): NdArray => {
        const name = node.kind === 'input' || node.kind === 'state' ? node.name : '';
        const given: Readonly<Record<string, ArrayLike<number>>> = inputs;
        const data = node.kind === 'input' ? given[name] : cell(name).value;
        return { dtype, shape: resolveShape(shape, axes) ?? [], data: Float64Array.from(data ?? []) };
      };
      const values = evaluate(resultsOf(program), leaf);
      const names = Object.keys(program.outputs);
      const outputs = Object.fromEntries(names.map((name, i) => [name, values[i]?.data]));
      const changed = entries(program.state).filter(([, { next }]) => next !== undefined);
      changed.forEach(([name], i) => {
        // A copy: an output may be the same array, and outputs belong to the caller.
        replace(name, values[names.length + i]?.data ?? []);
      });
      for (const [name, data] of entries(outputs)) {
        const place = places[name];
        if (place && data) floatsAt(place).set(data);
      }
      return outputs as Record<O, Float64Array>;
    },
    readState: (name, into) => {
      const { value } = cell(name);
      if (!into) return value.slice();
      into.set(value);
      return into;
    },
    writeState: (name, value) => {
      checkStateValue(program, name, value);
      replace(name, value);
    },
    dispose: async () => {
      disposed = true;
    },
  };
  cells.set(executable, own);
  return executable;
}

/**
 * A runtime in plain TypeScript and float64: slow and obviously right. It is the oracle of the tests.
 */
export const referenceRuntime: Runtime = {
  name: 'reference',
  load: async (program, options = {}) => load(program, options),
};
