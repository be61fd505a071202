import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { nextName, serialize } from '../onnx/serialize.ts';
import { lower } from '../lowering/lower.ts';
import { entries, mapValues } from '../program.ts';
import type { Program, ProgramState } from '../program.ts';
import { bindAxes, resolveShape } from '../runtime.ts';
import type { Executable, InputData, LoadOptions, Runtime } from '../runtime.ts';
import { sameShape } from '../shape.ts';
import type { SharedVector } from '../shared-vector.ts';
import { storeRegistry } from '../state-store.ts';
import type { DType } from '../tensor-type.ts';
import { engineSteps } from './engine-steps.ts';
import { runGuard } from './run-guard.ts';
import { sessionResults } from './session-results.ts';
import { numbersOf, refresh, replace, stateBuffer } from './state-buffer.ts';
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
  /** Whether it has the operator `Product` of that domain too, which then multiplies matrices. Default: false. */
  readonly multiplies?: boolean;
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
  {
    writesIntoOutputs = false,
    takesSharedMemory = false,
    fuses = false,
    multiplies = false,
  }: OnnxRuntimeOptions = {},
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

  const { createState, bind } = storeRegistry(
    name,
    (spec, shared) => stateBuffer(spec, shared, { Tensor, takesSharedMemory }),
    { numbersOf, write: (buffer, numbers) => numbersOf(buffer).set(numbers) },
  );

  async function load<I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    { state }: LoadOptions = {},
  ): Promise<Executable<I, S, O>> {
    const { store, valueIn: bufferOf } = bind(program, state);
    const shared: Record<string, SharedVector> = {};
    for (const key of Object.keys(program.state)) {
      const vector = bufferOf(key).shared;
      if (vector) shared[key] = vector;
    }
    const { engine, views, scattered, steps: plans, written } = lower(program, { fuses, multiplies, shared });
    const steps = await engineSteps(plans, Tensor, bufferOf);
    const resultTensors: Record<string, OrtTensor> = { ...steps.gradients };
    if (takesSharedMemory) for (const key of written) resultTensors[nextName(key)] = bufferOf(key).current;
    const { fetches, collect } = sessionResults({
      name,
      program: engine,
      scattered,
      TensorClass: Tensor,
      resultTensors,
      writesIntoOutputs,
    });
    const stepped = new Set(
      plans.flatMap(({ writes, scalarWrites }) => [...writes, ...scalarWrites].map(({ state }) => state)),
    );
    const changing = entries<string, ProgramState>(program.state).flatMap(([key, { next }]) =>
      next && !stepped.has(key) ? [key] : [],
    );
    const statesRead = new Set([
      ...Object.keys(engine.state),
      ...views.flatMap(({ source }) => (source.kind === 'state' ? [source.state] : [])),
    ]);
    // The engine refuses a graph that computes nothing, as is left where steps do everything.
    const needed = Object.keys(fetches).length > 0 || plans.length === 0;
    const session = needed ? await Session.create(serialize(engine), sessionOptions) : undefined;
    const guard = runGuard();
    const feedViews = viewFeeds(views, Tensor, bufferOf);
    // An array that is given again, with other numbers in it, is the tensor that it was: engines take that as it is.
    const wrapped: Record<string, OrtTensor> = {};
    const feedOf = (key: string, data: InputData, dtype: DType, shape: readonly number[]): OrtTensor => {
      const before = wrapped[key];
      if (before && before.data === data && sameShape(before.dims, shape)) return before;
      const tensor = wrapInput(data, dtype, shape);
      wrapped[key] = tensor;
      return tensor;
    };
    const engineInputs = entries(program.inputs).filter(([key]) => Object.hasOwn(engine.inputs, key));
    // Kept from run to run: most of it stays.
    const feeds: Record<string, OrtTensor> = {};
    const collectFeeds = (inputs: Readonly<Record<I, InputData>>, axes: ReadonlyMap<string, number>) => {
      for (const key of statesRead) refresh(bufferOf(key));
      for (const [key, { dtype, shape }] of engineInputs)
        feeds[key] = feedOf(key, inputs[key], dtype, resolveShape(shape, axes) ?? []);
      for (const key of Object.keys(engine.state)) feeds[key] = bufferOf(key).current;
      feedViews(feeds, inputs);
      return feeds;
    };

    const executable: Executable<I, S, O> = {
      run: async (inputs) => {
        guard.begin();
        try {
          const axes = bindAxes(program, inputs);
          const results = collect((await session?.run(collectFeeds(inputs, axes), fetches)) ?? {}, axes);
          // From here on nothing fails, so the states change together or not at all.
          const norms = steps.take(inputs, results);
          for (const key of changing) replace(bufferOf(key), results[nextName(key)]);
          return mapValues(program.outputs, (_, key) => norms[key] ?? toFloats(key, results[key]));
        } finally {
          guard.end();
        }
      },
      state: store,
      dispose: () => guard.dispose(() => session?.release()),
    };
    return executable;
  }

  return { name, createState, load };
}
