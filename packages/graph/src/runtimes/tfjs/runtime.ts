import { DataError } from '../../errors.ts';
import { takeViews, windowStart } from '../../lowering/views.ts';
import type { HostView } from '../../lowering/views.ts';
import { mapValues } from '../../program.ts';
import type { Program } from '../../program.ts';
import { optimize } from '../../rewrite/optimize.ts';
import { bindAxes } from '../../runtime.ts';
import type { Executable, InputData, LoadOptions, Runtime } from '../../runtime.ts';
import { factorsOf, sizeOfShape } from '../../shape.ts';
import { storeRegistry } from '../../state-store.ts';
import type { StateStore } from '../../state-store.ts';
import type { DType, Shape } from '../../tensor-type.ts';
import type { LengthsOf } from '../../tfjs/emitter.ts';
import { requireBackend } from './module.ts';
import type { TfjsModule, TfjsTensor } from './module.ts';
import { planKernels } from './plan.ts';
import type { KernelCall, KernelPlan } from './plan.ts';
import { floatsOf, replaceTensor, stateTensor } from './state-tensor.ts';
import type { StateTensor } from './state-tensor.ts';
import { registerWasmKernels, WASM_SLICE, wasmEmitter } from './wasm-kernels.ts';

export interface TfjsOptions {
  /** Which of the module's loaded backends; default the one that it has set. */
  readonly backend?: string;
  /** How the runtime is called in messages; default `tfjs-` and the backend's name, of Node's `tfjs-node` or `tfjs-node-gpu`. */
  readonly name?: string;
}

const MOST_INT32 = 2 ** 31;

/** int64 as the only whole numbers that TensorFlow.js has. */
function int32(numbers: ArrayLike<number>, name: string): Int32Array {
  const values = Int32Array.from(numbers);
  const wrong = Array.from(numbers).find((number, i) => number !== values[i]);
  if (wrong !== undefined)
    throw new DataError(
      `run: ${name} has ${wrong}. TensorFlow.js has whole numbers from −${MOST_INT32} to ${MOST_INT32 - 1} only.`,
    );
  return values;
}

/** A name for the runtime of a backend. */
function runtimeName(tf: TfjsModule, backend: string): string {
  if (backend !== 'tensorflow') return `tfjs-${backend}`;
  const node = tf.findBackend(backend);
  return node && 'isUsingGpuDevice' in node && node.isUsingGpuDevice === true ? 'tfjs-node-gpu' : 'tfjs-node';
}

/** The lengths that named axes have in a run. */
const lengthsIn =
  (axes: ReadonlyMap<string, number>): LengthsOf =>
  (shape: Shape) =>
    shape.map((dim) => {
      const { times, name } = factorsOf(dim);
      return name === undefined ? times : times * (axes.get(name) ?? Number.NaN);
    });

/** Attributes of a plan's calls, computed anew only when axes have other lengths than in the run before. */
function attributesOf(calls: readonly KernelCall[]) {
  let last = '';
  let attributes: readonly Readonly<Record<string, unknown>>[] | undefined;
  return (axes: ReadonlyMap<string, number>) => {
    const key = [...axes.values()].join();
    if (attributes && key === last) return attributes;
    const lengthsOf = lengthsIn(axes);
    last = key;
    attributes = calls.map((call) =>
      typeof call.attributes === 'function' ? call.attributes(lengthsOf) : call.attributes,
    );
    return attributes;
  };
}

type KernelInputs = Readonly<Record<string, TfjsTensor>> | readonly TfjsTensor[];

/** Fills in the inputs of a kernel that has names for them. */
function named(
  names: readonly string[],
  tensors: readonly TfjsTensor[],
  into: Record<string, TfjsTensor> = {},
): Readonly<Record<string, TfjsTensor>> {
  names.forEach((name, i) => {
    const tensor = tensors[i];
    if (tensor) into[name] = tensor;
  });
  return into;
}

/** Disposes of the tensors of stores that nothing refers to any more: TensorFlow.js keeps what isn't disposed of. */
const forgottenStores = new FinalizationRegistry<readonly StateTensor[]>((states) => {
  for (const { tensor } of states) tensor.dispose();
});

/**
 * The runtime of a module of TensorFlow.js, on a backend that the caller has loaded.
 *
 * States are tensors of the backend, and stay there between runs; only outputs are read back.
 *
 * @throws DataError if it isn't TensorFlow.js 4, or the backend isn't loaded
 */
export function tfjsRuntime(tf: TfjsModule, options: TfjsOptions = {}): Runtime {
  const backend = requireBackend(tf, options.backend);
  const name = options.name ?? runtimeName(tf, backend);
  if (backend === 'wasm') registerWasmKernels(tf);
  const sliceKernel = backend === 'wasm' ? WASM_SLICE : 'Slice';
  const engine = tf.engine();
  const instance = tf.findBackend(backend) ?? undefined;

  const makeTensor = (data: ArrayLike<number>, shape: readonly number[], dtype: DType, what: string) => {
    // Always a copy: some backends keep the array that they are given.
    if (dtype === 'int64') return engine.makeTensor(int32(data, what), [...shape], 'int32', instance);
    return dtype === 'bool'
      ? engine.makeTensor(Uint8Array.from(data), [...shape], 'bool', instance)
      : engine.makeTensor(Float32Array.from(data), [...shape], 'float32', instance);
  };
  const makeFloats = (data: ArrayLike<number>, shape: readonly number[]) =>
    makeTensor(data, shape, 'float32', '');

  /** Kernels are those of the module's backend, which is set for the time of a run. */
  const onBackend = <T>(compute: () => T): T => {
    const before = tf.getBackend();
    if (before === backend) return compute();
    // Of a loaded backend it is set at once.
    void tf.setBackend(backend);
    try {
      return compute();
    } finally {
      void tf.setBackend(before);
    }
  };

  const registry = storeRegistry<StateTensor>(name, (spec, shared) => stateTensor(spec, shared, makeFloats), {
    numbersOf: ({ tensor, shared }) => shared ?? floatsOf(tensor),
    write: (state, numbers) => {
      if (state.shared) state.shared.set(numbers);
      else replaceTensor(state, makeFloats(numbers, state.shape));
    },
  });
  const { bind } = registry;
  const createState: Runtime['createState'] = (specs, storeOptions) => {
    const store = registry.createState(specs, storeOptions);
    const { valueIn } = bind({ inputs: {}, outputs: {}, state: {} }, store as StateStore<never>);
    forgottenStores.register(store, Object.keys(specs).map(valueIn));
    return store;
  };

  /** Checks that the backend has all kernels of a plan. */
  const checkKernels = ({ calls }: KernelPlan): void => {
    const lacking = calls.find(({ kernel }) => !tf.getKernel(kernel, backend));
    if (lacking)
      throw new DataError(
        `load: ${name} lacks the kernel ${lacking.kernel} of the operator ${lacking.operator}. Runtimes that have it: reference, onnxruntime-node, onnxruntime-web.`,
      );
  };

  async function load<I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    { state = createState(program.state) }: LoadOptions = {},
  ): Promise<Executable<I, S, O>> {
    const { store, valueIn } = bind(program, state as StateStore<S>);
    const { program: viewed, views } = takeViews(optimize<string, string, string>(program));
    const plan = planKernels(viewed, views, backend === 'wasm' ? wasmEmitter : undefined);
    checkKernels(plan);
    const constants = plan.constants.map(({ slot, data, shape, dtype }) => ({
      slot,
      tensor: makeTensor(data, shape, dtype, 'a constant'),
    }));
    const banks = new Map<Float32Array, TfjsTensor>();
    for (const { source } of views)
      if (source.kind === 'window' && !banks.has(source.data))
        banks.set(source.data, makeFloats(source.data, [source.data.length]));
    const attributes = attributesOf(plan.calls);
    const given = plan.calls.map((): Record<string, TfjsTensor> => ({}));
    const borrowed = new Set([...plan.constants, ...plan.states].map(({ slot }) => slot));
    let running = false;
    let disposed = false;

    const runKernel = (kernel: string, inputs: KernelInputs, attrs: Readonly<Record<string, unknown>>) => {
      const made = engine.runKernel(kernel, inputs, attrs);
      return Array.isArray(made) ? made : [made];
    };

    const viewTensor = (
      { shape, source }: HostView,
      inputs: Readonly<Record<string, ArrayLike<number>>>,
    ): TfjsTensor => {
      const size = sizeOfShape(shape);
      const whole = source.kind === 'window' ? banks.get(source.data) : valueIn(source.state).tensor;
      const begin = source.kind === 'window' ? windowStart(source, size, inputs) : source.offset;
      const [part] = whole ? runKernel(sliceKernel, { x: whole }, { begin: [begin], size: [size] }) : [];
      if (!part) throw new DataError('run: a view has no source.');
      const [reshaped = part] = runKernel('Reshape', { x: part }, { shape });
      part.dispose();
      return reshaped;
    };

    /** Computes all results; returns the values of the run that are left. */
    const compute = (inputs: Readonly<Record<string, InputData>>, axes: ReadonlyMap<string, number>) => {
      const values: (TfjsTensor | undefined)[] = Array.from({ length: plan.slots });
      const free = (slot: number): void => {
        values[slot]?.dispose();
        values[slot] = undefined;
      };
      const valueAt = (slot: number): TfjsTensor => {
        const value = values[slot];
        if (!value) throw new DataError(`run: value ${slot} was read before it was computed.`);
        return value;
      };
      try {
        for (const { slot, tensor } of constants) values[slot] = tensor;
        for (const { name: key, slot } of plan.states) {
          const held = valueIn(key);
          if (held.shared) replaceTensor(held, makeFloats(held.shared, held.shape));
          values[slot] = held.tensor;
        }
        const lengthsOf = lengthsIn(axes);
        for (const { name: key, slot, tensor } of plan.inputs)
          values[slot] = makeTensor(inputs[key] ?? [], lengthsOf(tensor.shape), tensor.dtype, `input ${key}`);
        for (const { slot, view } of plan.views) values[slot] = viewTensor(view, inputs);
        const attrs = attributes(axes);
        plan.calls.forEach(({ kernel, names, inputs: slots, outputs, frees }, i) => {
          const tensors = slots.map(valueAt);
          const made = runKernel(kernel, names ? named(names, tensors, given[i]) : tensors, attrs[i] ?? {});
          outputs.forEach((slot, at) => (values[slot] = made[at]));
          for (const slot of frees) free(slot);
        });
        return { values, valueAt, free };
      } catch (error) {
        values.forEach((_, slot) => {
          if (!borrowed.has(slot)) free(slot);
        });
        throw error;
      }
    };

    const executable: Executable<I, S, O> = {
      run: async (inputs) => {
        if (disposed) throw new DataError('the executable was disposed of.');
        if (running)
          throw new DataError('run: the previous run has not finished. Await it, or load the program twice.');
        const axes = bindAxes(program, inputs);
        running = true;
        try {
          const reading = onBackend(() => {
            const { values, valueAt, free } = compute(inputs, axes);
            const data = plan.outputs.map(({ slot }) => valueAt(slot).data());
            const taken = new Set<number>();
            // Before one is replaced: states may become each other.
            const next = plan.next.map(({ slot }) => {
              const value = valueAt(slot);
              if (borrowed.has(slot) || taken.has(slot)) return value.clone();
              taken.add(slot);
              return value;
            });
            plan.next.forEach(({ name: key }, i) => {
              const tensor = next[i];
              if (!tensor) return;
              const held = valueIn(key);
              held.shared?.set(floatsOf(tensor));
              replaceTensor(held, tensor);
            });
            values.forEach((_, slot) => {
              if (!borrowed.has(slot) && !taken.has(slot)) free(slot);
            });
            return data;
          });
          const read = await Promise.all(reading);
          const arrays = new Map(
            plan.outputs.map(({ name: key }, i) => [key, Float32Array.from(read[i] ?? [], Number)]),
          );
          return mapValues(program.outputs, (_, key) => arrays.get(key) ?? new Float32Array());
        } finally {
          running = false;
        }
      },
      state: store,
      dispose: async () => {
        if (running) throw new DataError('dispose: a run has not finished. Await it first.');
        if (disposed) return;
        disposed = true;
        for (const { tensor } of constants) tensor.dispose();
        for (const bank of banks.values()) bank.dispose();
      },
    };
    return executable;
  }

  return { name, createState, load };
}
