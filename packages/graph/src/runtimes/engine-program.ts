import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { nextName, serialize } from '../onnx/serialize.ts';
import type { CompileStep } from '../lowering/fused-update/step.ts';
import { lower } from '../lowering/lower.ts';
import { entries, mapValues } from '../program.ts';
import type { Program, ProgramState } from '../program.ts';
import { resolveShape } from '../runtime.ts';
import type { InputData } from '../runtime.ts';
import { sameShape } from '../shape.ts';
import type { SharedVector } from '../shared-vector.ts';
import type { FloatArray } from '../state-store.ts';
import type { DType } from '../tensor-type.ts';
import { engineSteps } from './engine-steps.ts';
import { sessionResults } from './session-results.ts';
import { refresh, replace } from './state-buffer.ts';
import type { StateBuffer } from './state-buffer.ts';
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
  /** What it has of its own for optimizers' steps. Default: nothing, so that they are WebAssembly. */
  readonly compileStep?: CompileStep | undefined;
}

/** Where and how a program is run. */
interface EngineProgramOptions {
  /** The engine's name, for messages. */
  readonly name: string;
  readonly module: OnnxRuntimeModule;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly features: Required<OnnxRuntimeOptions>;
  readonly bufferOf: (state: string) => StateBuffer;
  /** Fewer operations than this are not fused. Default: 2. */
  readonly smallest?: number;
}

/** A program in an engine. */
export interface EngineProgram<I extends string = string, O extends string = string> {
  /** Runs once, with the lengths of the named axes that its inputs imply. */
  run(
    inputs: Readonly<Record<I, InputData>>,
    axes: ReadonlyMap<string, number>,
  ): Promise<Readonly<Record<O, FloatArray>>>;
  release(): Promise<void>;
}

function toFloats(key: string, tensor: OrtTensor | undefined): Float32Array {
  const data = tensor?.data;
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (data instanceof Uint8Array) return Float32Array.from(data);
  throw new DataError(`cannot read the output ${key} of type ${tensor?.type ?? 'nothing'}.`);
}

/** Makes the function that wraps inputs: an array that is given again, with other numbers in it, is the tensor that it was, which engines take as it is. */
function inputWrapper(Tensor: TensorConstructor, takesSharedMemory: boolean) {
  const wrap = (data: InputData, dtype: DType, shape: readonly number[]): OrtTensor => {
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
  const wrapped: Record<string, OrtTensor> = {};
  return (key: string, data: InputData, dtype: DType, shape: readonly number[]): OrtTensor => {
    const before = wrapped[key];
    if (before && before.data === data && sameShape(before.dims, shape)) return before;
    return (wrapped[key] = wrap(data, dtype, shape));
  };
}

/** Lowers a program and loads it into an engine, on states that others may share. */
export async function engineProgram<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  {
    name,
    module: { InferenceSession: Session, Tensor },
    sessionOptions,
    features,
    bufferOf,
    smallest,
  }: EngineProgramOptions,
): Promise<EngineProgram<I, O>> {
  const { writesIntoOutputs, takesSharedMemory, fuses, multiplies, compileStep } = features;
  const shared: Record<string, SharedVector> = {};
  for (const key of Object.keys(program.state)) {
    const vector = bufferOf(key).shared;
    if (vector) shared[key] = vector;
  }
  const {
    engine,
    views,
    scattered,
    steps: plans,
    written,
  } = lower(program, { fuses, smallest, multiplies, shared });
  const steps = await engineSteps(plans, { Tensor, bufferOf, compile: compileStep });
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
  const feedViews = viewFeeds(views, Tensor, bufferOf);
  const feedOf = inputWrapper(Tensor, takesSharedMemory);
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
  return {
    run: async (inputs, axes) => {
      const results = collect((await session?.run(collectFeeds(inputs, axes), fetches)) ?? {}, axes);
      // From here on nothing fails, so the states change together or not at all.
      const norms = steps.take(inputs, results);
      for (const key of changing) replace(bufferOf(key), results[nextName(key)]);
      return mapValues(program.outputs, (_, key) => norms[key] ?? toFloats(key, results[key]));
    },
    release: async () => session?.release(),
  };
}
