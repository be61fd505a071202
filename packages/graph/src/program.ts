import { GraphError } from './errors.ts';
import { formatShape, sameShape, sizeOfShape } from './shape.ts';
import { placeholder } from './tensor.ts';
import type { Tensor } from './tensor.ts';
import type { DType, Shape } from './tensor-type.ts';
import { topologicalOrder } from './topological-order.ts';

/** An input of a program. Axis names, such as `batch`, stand for lengths that each run chooses. */
export interface InputSpec {
  /** Default `float32`. */
  readonly dtype?: DType;
  readonly shape: Shape;
}

/** A value that runs read and may replace: parameters, optimizer moments. Always float32 of known shape. */
export interface StateSpec {
  readonly shape: readonly number[];
  /** Its value before the first run, row-major. */
  readonly initial: ArrayLike<number>;
}

/** One state of a program: what it is, where it starts, what each run makes of it. */
export interface ProgramState extends StateSpec {
  readonly value: Tensor;
  /** The value after a run; undefined if runs only read it. */
  readonly next: Tensor | undefined;
}

/**
 * A static graph with named inputs, named state and named outputs: what runtimes load.
 *
 * Programs that name the same state can share it, see `LoadOptions.state`.
 */
export interface Program<I extends string = string, S extends string = string, O extends string = string> {
  readonly inputs: Readonly<Record<I, Tensor>>;
  readonly state: Readonly<Record<S, ProgramState>>;
  readonly outputs: Readonly<Record<O, Tensor>>;
}

type Tensors<K extends string> = Readonly<Record<K, Tensor>>;

/** The entries of a record with known keys. */
export const entries = <K extends string, T>(record: Readonly<Record<K, T>>): [K, T][] =>
  Object.entries(record) as [K, T][];

/** Maps the values of a record with known keys. */
export const mapValues = <K extends string, T, U>(
  record: Readonly<Record<K, T>>,
  change: (value: T, key: K) => U,
): Record<K, U> =>
  Object.fromEntries(entries(record).map(([key, value]) => [key, change(value, key)])) as Record<K, U>;

/** The program whose results are others: its outputs and next states, each replaced. */
export const mapResults = <I extends string, S extends string, O extends string>(
  given: Program<I, S, O>,
  replace: (result: Tensor) => Tensor,
): Program<I, S, O> => ({
  ...given,
  outputs: mapValues(given.outputs, (output) => replace(output)),
  state: mapValues(given.state, (state) => ({ ...state, next: state.next && replace(state.next) })),
});

/**
 * Builds a program from a function of its inputs and state.
 *
 * ```ts
 * const step = program(
 *   { inputs: { x: { shape: ['batch', 3] } }, state: { w: { shape: [1, 3], initial: [0, 0, 0] } } },
 *   ({ x }, { w }) => ({ outputs: { y: matmul(x, w, { transposeB: true }) } }),
 * );
 * ```
 *
 * @throws GraphError if a next state has another shape than its state or belongs to none, an initial value another size,
 *   or an output reads a placeholder of another program
 */
export function program<I extends string, S extends string, O extends string>(
  spec: { readonly inputs: Readonly<Record<I, InputSpec>>; readonly state: Readonly<Record<S, StateSpec>> },
  build: (
    inputs: Tensors<I>,
    state: Tensors<S>,
  ) => { readonly outputs: Tensors<O>; readonly next?: Readonly<Partial<Record<S, Tensor>>> },
): Program<I, S, O> {
  const inputs = mapValues(spec.inputs, ({ dtype = 'float32', shape }, name) =>
    placeholder('input', name, { dtype, shape }),
  );
  const values = mapValues(spec.state, ({ shape, initial }, name) => {
    if (initial.length !== sizeOfShape(shape))
      throw new GraphError(
        `program: state ${name} is ${formatShape(shape)} but its initial value has ${initial.length} elements.`,
      );
    return placeholder('state', name, { dtype: 'float32', shape });
  });
  const { outputs, next } = build(inputs, values);
  const stray = Object.keys(next ?? {}).find((name) => !Object.hasOwn(spec.state, name));
  if (stray !== undefined)
    throw new GraphError(
      `program: there is no state ${stray} to replace. It has ${Object.keys(spec.state).join(', ') || 'none'}.`,
    );
  const state = mapValues(spec.state, (stateSpec, name): ProgramState => {
    const value = values[name];
    const after = next?.[name];
    if (after && !(sameShape(after.shape, value.shape) && after.dtype === value.dtype))
      throw new GraphError(
        `program: next value of state ${name} is ${after.dtype} ${formatShape(after.shape)}, expected ${value.dtype} ${formatShape(value.shape)}.`,
      );
    return { ...stateSpec, value, next: after === value ? undefined : after };
  });
  const result = { inputs, state, outputs };
  checkPlaceholders(result);
  return result;
}

function checkPlaceholders(checked: Program): void {
  const known = new Set(
    [...Object.values(checked.inputs), ...Object.values(checked.state).map(({ value }) => value)].map(
      (t) => t.node,
    ),
  );
  for (const node of topologicalOrder(resultsOf(checked)))
    if ((node.kind === 'input' || node.kind === 'state') && !known.has(node))
      throw new GraphError(
        `program: it reads ${node.kind} ${node.name}, which belongs to another program. Use the tensors handed to the build function.`,
      );
}

/** Everything that a run computes: outputs, then next states. */
export const resultsOf = (given: Program): readonly Tensor[] => [
  ...Object.values(given.outputs),
  ...Object.values(given.state).flatMap(({ next }) => next ?? []),
];
