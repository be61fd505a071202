import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { nextName, serialize } from '../onnx/serialize.ts';
import { takeApart } from '../passes/take-apart.ts';
import { writtenName } from '../passes/written-states.ts';
import { entries, mapValues } from '../program.ts';
import type { Program } from '../program.ts';
import { bindAxes, resolveShape } from '../runtime.ts';
import type { Executable, InputData, LoadOptions, Runtime } from '../runtime.ts';
import { checkStates, ownStates, unknownState } from '../state-store.ts';
import type { DType } from '../tensor.ts';
import { cellStore, refresh, replace } from './cell.ts';
import type { Cell, Cells } from './cell.ts';
import { engineStep } from './engine-step.ts';
import { sessionResults } from './session-results.ts';
import { viewFeeds } from './view-feeds.ts';

/** What is needed of a session. */
export interface EngineSession {
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** What is needed of an onnxruntime package, whichever engine is behind it. */
export interface OnnxRuntimeModule {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<EngineSession>;
  };
  readonly Tensor: TensorConstructor;
}

function toFloats(key: string, tensor: OrtTensor | undefined): Float32Array {
  const data = tensor?.data;
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (data instanceof Uint8Array) return Float32Array.from(data);
  throw new DataError(`cannot read the output ${key} of type ${tensor?.type ?? 'nothing'}.`);
}

/** What is particular to an onnxruntime package. */
export interface OnnxRuntimeOptions {
  /** Whether it writes results into tensors offered to `run`. onnxruntime-web returns them as they were. Default: false. */
  readonly writesIntoOutputs?: boolean;
  /** Whether it reads and writes memory that threads share without a copy. Default: false. */
  readonly takesSharedMemory?: boolean;
  /** Whether it has the operator `Fused` of the domain `meow`, which programs are then fused into. Default: false. */
  readonly fuses?: boolean;
}

/**
 * Makes a runtime from an onnxruntime package.
 *
 * @param name how it is called in messages
 * @param sessionOptions handed to each session
 */
export function onnxRuntime(
  name: string,
  { InferenceSession: Session, Tensor }: OnnxRuntimeModule,
  sessionOptions: InferenceSession.SessionOptions,
  { writesIntoOutputs = false, takesSharedMemory = false, fuses = false }: OnnxRuntimeOptions = {},
): Runtime {
  const wrapInput = (data: InputData, dtype: DType, shape: readonly number[]): OrtTensor => {
    if (dtype === 'int64')
      return new Tensor(
        'int64',
        BigInt64Array.from(Array.from(data), (value) => BigInt(value)),
        shape,
      );
    if (dtype === 'bool') return new Tensor('bool', Uint8Array.from(data), shape);
    const isTaken = data instanceof Float32Array && (takesSharedMemory || data.buffer instanceof ArrayBuffer);
    return new Tensor('float32', isTaken ? data : Float32Array.from(data), shape);
  };

  const cellsOfStores = new WeakMap<object, Cells>();
  const createState: Runtime['createState'] = (specs, options) => {
    const { store, cells } = cellStore(Tensor, takesSharedMemory, specs, options);
    cellsOfStores.set(store, cells);
    return store;
  };

  async function load<I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    { state = createState(ownStates(program)) }: LoadOptions = {},
  ): Promise<Executable<I, S, O>> {
    const cells = cellsOfStores.get(state);
    if (!cells)
      throw new DataError(`load: the store was not made by this ${name}. Make it by the runtime that loads.`);
    checkStates(program, state);
    const sharedOf = (key: string) => cells.get(key)?.shared;
    const {
      engine: rest,
      views,
      parted,
      written,
      steps: plans,
    } = takeApart(program, { fuses, mayWrite: (key) => sharedOf(key) !== undefined });
    const steps = await Promise.all(plans.map((plan) => engineStep(plan, Tensor, sharedOf)));
    const resultPlaces: Record<string, OrtTensor> = Object.assign({}, ...steps.map((step) => step.places));
    for (const key of written) {
      const cell = cells.get(key);
      if (cell && takesSharedMemory) resultPlaces[writtenName(key)] = cell.current;
    }
    const { fetches, collect } = sessionResults({
      name,
      program: rest,
      parted,
      TensorClass: Tensor,
      places: resultPlaces,
      writesIntoOutputs,
    });
    const changing = entries(rest.state).flatMap(([key, { next }]) => (next ? [key] : []));
    const statesRead = new Set([
      ...Object.keys(rest.state),
      ...views.flatMap(({ source }) => (source.kind === 'state' ? [source.state] : [])),
    ]);
    // The engine refuses a graph that computes nothing, as is left where the step does everything.
    const needed = Object.keys(fetches).length > 0 || steps.length === 0;
    const session = needed ? await Session.create(serialize(rest), sessionOptions) : undefined;
    let running = false;
    let disposed = false;

    const cell = (key: string): Cell => {
      const found = cells.get(key);
      if (found) return found;
      throw unknownState(state.specs, key);
    };
    const feedViews = viewFeeds(views, Tensor, cell);
    const ownInputs = entries(program.inputs).filter(([key]) => Object.hasOwn(rest.inputs, key));
    // Kept from run to run: most of it stays.
    const feeds: Record<string, OrtTensor> = {};
    const collectFeeds = (inputs: Readonly<Record<I, InputData>>, axes: ReadonlyMap<string, number>) => {
      for (const key of statesRead) refresh(cell(key));
      for (const [key, { dtype, shape }] of ownInputs)
        feeds[key] = wrapInput(inputs[key], dtype, resolveShape(shape, axes) ?? []);
      for (const key of Object.keys(rest.state)) feeds[key] = cell(key).current;
      feedViews(feeds, inputs);
      return feeds;
    };

    return {
      state,
      run: async (inputs) => {
        if (disposed) throw new DataError('the executable was disposed of.');
        if (running)
          throw new DataError('run: the previous run has not finished. Await it, or load the program twice.');
        const axes = bindAxes(program, inputs);
        running = true;
        try {
          const results = (await session?.run(collectFeeds(inputs, axes), fetches)) ?? {};
          const found = collect(results, axes);
          // From here on nothing fails, so the states change together or not at all.
          const ready = steps.map((step) => step.ready(inputs, found, cell));
          const norms: Readonly<Record<string, Float32Array>> = Object.assign(
            {},
            ...ready.map((take) => take()),
          );
          for (const key of changing) replace(cell(key), found[nextName(key)]);
          for (const key of written) replace(cell(key), found[writtenName(key)]);
          return mapValues(program.outputs, (_, key) => norms[key] ?? toFloats(key, found[key]));
        } finally {
          running = false;
        }
      },
      dispose: async () => {
        if (running) throw new DataError('dispose: a run has not finished. Await it first.');
        if (disposed) return;
        disposed = true;
        await session?.release();
      },
    };
  }

  return { name, createState, load };
}
